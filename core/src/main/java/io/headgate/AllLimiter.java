package io.headgate;

import io.headgate.internal.QuotedText;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
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

    private static final int NONE = -1;

    /** As they were given, but those of another one of this kind one by one. */
    private final List<Limiter<K>> limiters;

    private final List<Member<K>> members;
    /** Read once a call, for the members that have it. Null if none has a clock. */
    private final @Nullable Ticker clock;

    private final List<Limit> limits;
    /** The one that tells keys apart by the most, of those that go by the key itself; null if there is none. */
    private final @Nullable Limiter<K> finest;

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
        finest = own(limiters).max(Comparator.comparingInt(AllLimiter::bits)).orElse(null);
    }

    /** Those that have buckets of the key itself, each plan's by itself. */
    private static <K> Stream<Limiter<K>> own(Collection<Limiter<K>> limiters) {
        return limiters.stream()
                .flatMap(limiter -> limiter instanceof PlanLimiter<K> plans
                        ? own(plans.limiters().values())
                        : limiter instanceof AllLimiter<K> all ? own(all.limiters) : Stream.of(limiter))
                .filter(limiter -> !(limiter instanceof KeyedLimiter || limiter instanceof UnlimitedLimiter));
    }

    /** By how much it tells keys apart; more than any number of bits if keys are used as they are. */
    private static int bits(Limiter<?> limiter) {
        return limiter.ipv6Prefix().orElse(Integer.MAX_VALUE);
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
        long now = clock == null ? 0 : clock.read();
        int denying = firstDenying(key, permits, now);
        // One that denies is asked all the same, to count it and to tell its listener. Nobody is asked after it.
        boolean allows = denying == NONE
                ? takeFrom(0, key, permits, now)
                : members.get(denying).take(key, permits, now, this, key, members.size() + 1);
        (allows ? allowed : denied).increment();
        return allows;
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
        return NONE;
    }

    /** Takes permits from the members from an index on, or from none of them. Beyond their end the call is denied. */
    boolean takeFrom(int index, K key, long permits, long now) {
        return index < members.size()
                ? members.get(index).take(key, permits, now, this, key, index + 1)
                : index == members.size();
    }

    void countUndone() {
        undone.increment();
    }

    @Override
    public Decision decide(K key, long permits) {
        UnlimitedLimiter.isPositive(permits);
        List<Question<?>> questions = questions(key);
        int denying = firstDenying(questions, permits);
        if (denying != NONE) {
            askWhoDenies(questions.get(denying), permits);
        } else {
            denying = askInOrder(questions, permits);
        }
        return count(explain(questions, denying, permits, question -> question.answer(permits)));
    }

    void addQuestions(List<Question<?>> questions, K key) {
        members.forEach(member -> member.addQuestions(questions, key));
    }

    private List<Question<?>> questions(K key) {
        List<Question<?>> questions = new ArrayList<>(members.size());
        addQuestions(questions, key);
        return questions;
    }

    /** As {@link #firstDenying(Object, long, long)}. */
    private static int firstDenying(List<Question<?>> questions, long permits) {
        for (int i = 1; i < questions.size(); i++) {
            if (!questions.get(i).admits(permits)) {
                return questions.get(0).admits(permits) ? i : 0;
            }
        }
        return NONE;
    }

    /** Lets it count the denial. If it allows the call by now, the look was true when it was made. */
    private void askWhoDenies(Question<?> question, long permits) {
        if (question.ask(permits)) {
            question.takeBack(permits);
            countUndone();
        }
    }

    /** Charges all, or none. Answers the index of the one that has denied. */
    private int askInOrder(List<Question<?>> questions, long permits) {
        for (int i = 0; i < questions.size(); i++) {
            if (!questions.get(i).ask(permits)) {
                takeBack(questions, i, permits);
                return i;
            }
        }
        return NONE;
    }

    private void takeBack(List<Question<?>> questions, int end, long permits) {
        for (int i = end - 1; i >= 0; i--) {
            questions.get(i).takeBack(permits);
            countUndone();
        }
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
            List<Question<?>> questions = questions(key);
            int denying = NONE;
            for (int i = 0; i < questions.size() && denying == NONE; i++) {
                Question<?> question = questions.get(i);
                if (question.isInMemory() && !question.admits(permits)) {
                    askWhoDenies(question, permits);
                    denying = i;
                }
            }
            CompletionStage<Integer> end =
                    denying == NONE ? askFrom(0, questions, permits) : CompletableFuture.completedStage(denying);
            return end.thenApply(
                    index -> count(explain(questions, index, permits, question -> question.answerAtOnce(permits))));
        } catch (Exception e) {
            return CompletableFuture.failedStage(e);
        }
    }

    private CompletionStage<Integer> askFrom(int index, List<Question<?>> questions, long permits) {
        if (index == questions.size()) {
            return CompletableFuture.completedStage(NONE);
        }
        return questions.get(index).askAsync(permits).thenCompose(allows -> {
            if (allows) {
                return askFrom(index + 1, questions, permits);
            }
            takeBack(questions, index, permits);
            return CompletableFuture.completedStage(index);
        });
    }

    @Override
    public Decision peek(K key, long permits) {
        UnlimitedLimiter.isPositive(permits);
        List<Question<?>> questions = questions(key);
        List<Decision> answers = new ArrayList<>();
        int denying = NONE;
        for (Question<?> question : questions) {
            Decision answer = question.answer(permits);
            denying = denying == NONE && !answer.allowed() ? answers.size() : denying;
            answers.add(answer);
        }
        return explain(questions, answers, denying, 0);
    }

    private Decision count(Decision decision) {
        (decision.allowed() ? allowed : denied).increment();
        return decision;
    }

    /** The answer of all that were asked, of which one denies, or none. */
    private static Decision explain(
            List<Question<?>> questions, int denying, long permits, Function<Question<?>, @Nullable Decision> answer) {
        List<Decision> answers = new ArrayList<>();
        for (Question<?> question : questions) {
            Decision found = answer.apply(question);
            if (found != null) {
                answers.add(found);
            }
        }
        return explain(questions, answers, denying, permits);
    }

    private static Decision explain(List<Question<?>> questions, List<Decision> answers, int denying, long taken) {
        List<LimitStatus> limits =
                answers.stream().flatMap(answer -> answer.limits().stream()).toList();
        boolean overflow = answers.stream().anyMatch(Decision::overflow);
        if (denying == NONE) {
            return Decision.allowed(overflow, limits, taken, given -> refund(questions, given));
        }
        List<Decision> denials =
                answers.stream().filter(answer -> !answer.allowed()).toList();
        Decision decision = denials.stream().anyMatch(Decision::neverAdmissible)
                ? Decision.neverAdmissible(overflow, limits)
                : Decision.denied(longestWait(denials), overflow, limits);
        return decision.by(questions.get(denying).limiterName());
    }

    /** Null if one of them promises nothing. */
    private static @Nullable Duration longestWait(List<Decision> denials) {
        Duration longest = Duration.ZERO;
        for (Decision denial : denials) {
            Duration wait = denial.retryAfter().orElse(null);
            if (wait == null) {
                return null;
            }
            longest = wait.compareTo(longest) > 0 ? wait : longest;
        }
        return longest;
    }

    /** Gives back to all, also if one fails to take it. */
    private static void refund(List<Question<?>> questions, long permits) {
        RuntimeException failure = null;
        for (Question<?> question : questions) {
            failure = Members.attempt(() -> question.refund(permits), failure);
        }
        if (failure != null) {
            throw failure;
        }
    }

    @Override
    public void refund(K key, long permits) {
        limiters.forEach(limiter -> limiter.refund(key, permits));
    }

    @Override
    public void charge(K key, long permits) {
        limiters.forEach(limiter -> limiter.charge(key, permits));
    }

    /** Only those that go by the key itself, and tell keys apart by as much as any of them does. */
    @Override
    public void reset(K key) {
        Limiter<K> other = finest;
        if (other == null) {
            throw new UnsupportedOperationException(
                    "none of the limiters goes by the key itself; reset a part of it where it is limited");
        }
        own(limiters).filter(limiter -> isAsFine(limiter, other, key)).forEach(limiter -> limiter.reset(key));
    }

    /** Whether no two keys share their buckets in a limiter which are told apart by the finest one. */
    private static <K> boolean isAsFine(Limiter<K> limiter, Limiter<K> finest, K key) {
        return (finest.tracked(key) instanceof ClientAddress client && client.isIpv4())
                ? limiter.ipv4Prefix().equals(finest.ipv4Prefix())
                : bits(limiter) == bits(finest);
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
        return finest == null ? key : finest.tracked(key);
    }

    @Override
    public OptionalInt ipv4Prefix() {
        return finest == null ? OptionalInt.empty() : finest.ipv4Prefix();
    }

    @Override
    public OptionalInt ipv6Prefix() {
        return finest == null ? OptionalInt.empty() : finest.ipv6Prefix();
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
