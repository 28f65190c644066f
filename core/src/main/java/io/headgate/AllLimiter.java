package io.headgate;

import io.headgate.internal.QuotedText;
import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Limiters that all must allow a call: what {@link Limiter#allOf} makes.
 *
 * <h2>The protocol</h2>
 *
 * <p>It is that of several limits of one limiter, with a limiter in place of a limit. All but the first are looked at, so
 * a denial that is found there writes nothing. Then they are charged in their order; the charge of the first one is its
 * look. If one denies, since other calls have come in between, those before it take their charge back: what this charge alone still owes, from the row that was charged,
 * less a unit ({@link Operation#UNDO}). So under each limiter, whatever threads do, no more is admitted than it would
 * admit by itself. Until a charge is taken back, another call may be denied because of it.
 *
 * <p>If a limiter throws, the call fails, and what has been charged before stays charged.
 */
final class AllLimiter<K> implements Limiter<K> {

    /** As they were given, but those of another one of this kind one by one. */
    private final List<Limiter<K>> limiters;

    private final List<Member<K>> members;
    /** Read once a call, for the members that have it. Null if none has a clock. */
    private final @Nullable Ticker clock;

    private final List<Limit> limits;
    /** Those that have buckets of the key itself, each plan's by itself. */
    private final List<Limiter<K>> own;

    private final LongAdder allowed = new LongAdder();
    private final LongAdder denied = new LongAdder();
    private final LongAdder undone = new LongAdder();

    AllLimiter(List<Limiter<K>> given) {
        List<Limiter<K>> flat = new ArrayList<>();
        for (Limiter<K> limiter : given) {
            if (limiter instanceof AllLimiter<K> all) {
                flat.addAll(all.limiters);
            } else {
                flat.add(limiter);
            }
        }
        limiters = List.copyOf(flat);
        if (limiters.isEmpty()) {
            throw new IllegalArgumentException("there must be a limiter");
        }
        clock = Member.clock(limiters);
        members = limiters.stream().map(limiter -> Member.of(limiter, clock)).toList();
        limits = limiters.stream().flatMap(limiter -> limiter.limits().stream()).toList();
        requireOwnNames();
        own = own(limiters).toList();
    }

    private static <K> Stream<Limiter<K>> own(Collection<Limiter<K>> limiters) {
        return limiters.stream()
                .flatMap(limiter -> limiter instanceof PlanLimiter<K> plans
                        ? own(plans.limiters().values())
                        : limiter instanceof AllLimiter<K> all ? own(all.limiters) : Stream.of(limiter))
                .filter(limiter -> !(limiter instanceof KeyedLimiter || limiter instanceof UnlimitedLimiter));
    }

    /** Within a limiter one name may be that of several limits, of which one applies: those of plans. */
    private void requireOwnNames() {
        Set<String> names = new HashSet<>();
        for (Limiter<K> limiter : limiters) {
            Set<String> own = new HashSet<>();
            limiter.limits().forEach(limit -> own.add(limit.name()));
            for (String name : own) {
                if (!names.add(name)) {
                    throw new IllegalArgumentException("two of the limiters have a limit that is called "
                            + QuotedText.of(name) + "; tell them apart by Limit.named");
                }
            }
        }
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        UnlimitedLimiter.isPositive(permits);
        long now = reading();
        int denying = firstDenying(key, permits, now);
        // One that denies is asked all the same, to count it and to tell its listener. Nobody is asked after it.
        boolean allows = denying == Questions.NONE
                ? takeFrom(0, key, permits, now)
                : members.get(denying).take(key, permits, now, this, key, members.size() + 1);
        count(allows);
        return allows;
    }

    private long reading() {
        return clock == null ? 0 : clock.read();
    }

    /**
     * The index of the first member that would deny. The first one of all is charged first, which is a look as well: it
     * is looked at only where another one denies.
     */
    private int firstDenying(K key, long permits, long now) {
        for (int i = 1; i < members.size(); i++) {
            if (!members.get(i).admits(key, permits, now)) {
                return members.get(0).admits(key, permits, now) ? i : 0;
            }
        }
        return Questions.NONE;
    }

    /** Whether all would allow a call, as far as looks can tell that count nothing. */
    boolean admits(K key, long permits) {
        long now = reading();
        return firstDenying(key, permits, now) == Questions.NONE
                && members.get(0).admits(key, permits, now);
    }

    /** Takes permits from the members from an index on, or from none of them. Beyond their end the call is denied. */
    boolean takeFrom(int index, K key, long permits, long now) {
        return index < members.size()
                ? members.get(index).take(key, permits, now, this, key, index + 1)
                : index == members.size();
    }

    void count(boolean allows) {
        (allows ? allowed : denied).increment();
    }

    void countUndone(int charges) {
        undone.add(charges);
    }

    @Override
    public Decision decide(K key, long permits) {
        UnlimitedLimiter.isPositive(permits);
        Questions questions = questions(key);
        int denying = questions.ask(permits);
        return questions.explain(denying, permits, question -> question.answer(permits));
    }

    Questions questions(K key) {
        Questions questions = new Questions();
        addQuestions(questions, key);
        return questions;
    }

    void addQuestions(Questions questions, K key) {
        int from = questions.size();
        members.forEach(member -> member.addQuestions(questions, key));
        questions.addGroup(this, from);
    }

    /**
     * {@inheritDoc}
     *
     * <p>Those in memory are looked at before any is charged; a look at another one would have to wait.
     */
    @Override
    public CompletionStage<Decision> decideAsync(K key, long permits) {
        try {
            UnlimitedLimiter.isPositive(permits);
            Questions questions = questions(key);
            return questions
                    .askAsync(permits)
                    .thenApply(
                            denying -> questions.explain(denying, permits, question -> question.answerAtOnce(permits)));
        } catch (Exception e) {
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public Decision peek(K key, long permits) {
        UnlimitedLimiter.isPositive(permits);
        return questions(key).peek(permits);
    }

    @Override
    public void refund(K key, long permits) {
        Members.forEach(limiters, limiter -> limiter.refund(key, permits));
    }

    @Override
    public void charge(K key, long permits) {
        Members.forEach(limiters, limiter -> limiter.charge(key, permits));
    }

    /** Only those that go by the key itself, and tell keys apart by as much as any of them does. */
    @Override
    public void reset(K key) {
        if (own.isEmpty()) {
            throw new UnsupportedOperationException(
                    "none of the limiters goes by the key itself; reset a part of it where it is limited");
        }
        int fewest = own.stream()
                .mapToInt(limiter -> bitsLeftOut(limiter, key))
                .min()
                .orElseThrow();
        List<Limiter<K>> finest = own.stream()
                .filter(limiter -> bitsLeftOut(limiter, key) <= Math.max(0, fewest))
                .toList();
        Members.forEach(finest, limiter -> limiter.reset(key));
    }

    /** How many bits of a client's address a limiter leaves out to tell it apart; -1 if keys are used as they are. */
    private static <K> int bitsLeftOut(Limiter<K> limiter, K key) {
        boolean ipv4 = limiter.tracked(key) instanceof ClientAddress client && client.isIpv4();
        return ipv4
                ? 32 - limiter.ipv4Prefix().orElse(33)
                : 128 - limiter.ipv6Prefix().orElse(129);
    }

    @Override
    public String name() {
        return Members.name(limiters, "+");
    }

    @Override
    public List<Limit> limits() {
        return limits;
    }

    /** Calls of this limiter; what its limiters have been asked, they count themselves. */
    @Override
    public LimiterStats stats() {
        return LimiterStats.builder()
                .allowed(allowed.sum())
                .denied(denied.sum())
                .undone(undone.sum())
                .build();
    }

    @Override
    public K tracked(K key) {
        Limiter<K> finest = null;
        for (Limiter<K> limiter : own) {
            if (finest == null || bitsLeftOut(limiter, key) < bitsLeftOut(finest, key)) {
                finest = limiter;
            }
        }
        return finest == null ? key : finest.tracked(key);
    }

    @Override
    public OptionalInt ipv4Prefix() {
        return most(Limiter::ipv4Prefix);
    }

    @Override
    public OptionalInt ipv6Prefix() {
        return most(Limiter::ipv6Prefix);
    }

    /** The most bits by which any limiter tells keys apart; empty if one uses keys as they are. */
    private OptionalInt most(Function<Limiter<K>, OptionalInt> prefix) {
        List<OptionalInt> all = own.stream().map(prefix).toList();
        return all.contains(OptionalInt.empty())
                ? OptionalInt.empty()
                : all.stream().mapToInt(OptionalInt::getAsInt).max();
    }

    @Override
    public List<Limiter<?>> members() {
        return List.copyOf(limiters);
    }

    @Override
    public void close() {
        Members.close(limiters);
    }
}
