package io.headgate;

import io.headgate.net.ClientAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Limits how often each key may do something.
 *
 * <pre>{@code
 * Limiter<String> limiter = Limiter.builder(Limit.perMinute(100).burst(20)).build();
 * if (!limiter.tryAcquire(account)) {
 *     // too often
 * }
 * }</pre>
 *
 * <p>A <dfn>permit</dfn> is what one call costs, as a rule. Every key has a <dfn>bucket</dfn> of permits for each
 * {@link Limit}. The bucket holds at most the limit's capacity, called <dfn>burst</dfn> in text, and fills evenly with
 * time. The buckets of a key that was never seen are full. A call takes its permits from all buckets of its key, or
 * from none.
 *
 * <p>The {@code equals} and {@code hashCode} of a key must not change. If many keys may share a hash code, they should
 * be {@code Comparable} to each other. No argument may be null. Any thread may call any method at any time.
 *
 * <h2>What a method may lock, block or allocate</h2>
 *
 * <p>No method waits for permits, or for time to pass. Beyond that it depends on where the buckets are:
 *
 * <ul>
 * <li>{@link #tryAcquire}, {@link #decide}, {@link #peek}, {@link #charge}, {@link #refund} and {@link #reset} access
 * the buckets. A limiter in this process's memory may take a lock for a short while, mostly for keys that are new or
 * about to be evicted; {@link LocalLimiter} says when. A limiter whose buckets are elsewhere may wait for the
 * network. So may {@link Decision#refund} of its decisions. {@code decide} and {@code peek} allocate their answer;
 * {@code tryAcquire} need not allocate anything.
 * <li>{@link #decideAsync} runs {@code decide} in the calling thread, unless the limiter overrides it. A thread that
 * must not wait needs a limiter that does, or one whose {@code decide} does not wait.
 * <li>{@link #name}, {@link #limits}, {@link #tracked}, {@link #chosen} and {@link #ipv6Prefix} take no lock and wait for nothing;
 * {@code tracked} may allocate a key.
 * <li>{@link #stats} allocates its answer and waits for no call. It may add up the counts of many threads, so call it
 * as often as metrics are scraped, not for each request.
 * <li>{@link #close} may wait for a lock, but not for work in progress.
 * </ul>
 *
 * <h2>Limiters of one's own</h2>
 *
 * <p>An implementation has to write {@code tryAcquire}, {@code decide}, {@code peek}, {@code refund}, {@code reset} and
 * {@code close}. The other methods have defaults, which answer that something is unknown, or throw if it cannot be
 * done. What works with any limiter, such as its metrics, leaves out what is unknown.
 *
 * @param <K> what is limited: a client address, an account, an API key
 */
public interface Limiter<K> extends AutoCloseable {

    /** The plan of a key that has no other in {@link #byPlan}. */
    String DEFAULT_PLAN = "default";

    /**
     * Takes one permit.
     *
     * @param key the key that takes it
     * @return whether the key had a permit under every limit
     */
    default boolean tryAcquire(K key) {
        return tryAcquire(key, 1);
    }

    /**
     * Takes permits: all of them from every limit, or none from any.
     *
     * @param key the key that takes them
     * @param permits how many, at least 1; more than a limit's capacity are always denied
     * @return whether they were taken
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    boolean tryAcquire(K key, long permits);

    /**
     * Takes one permit and explains the outcome.
     *
     * @param key the key that takes it
     * @return the outcome
     */
    default Decision decide(K key) {
        return decide(key, 1);
    }

    /**
     * Takes permits as {@link #tryAcquire(Object, long)} does, and explains the outcome.
     *
     * @param key the key that takes them
     * @param permits how many, at least 1
     * @return the outcome
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    Decision decide(K key, long permits);

    /**
     * Takes permits as {@link #decide(Object, long)} does, for callers that must not wait for an answer from elsewhere.
     *
     * <p>The default calls {@code decide} in the calling thread and returns a completed stage. An exception of
     * {@code decide} fails the stage, also one for an invalid argument, so callers handle failures in one way. An
     * {@link Error} is thrown.
     *
     * @param key the key that takes them
     * @param permits how many, at least 1; fewer fail the stage with an {@link IllegalArgumentException}
     * @return the outcome, now or later
     */
    default CompletionStage<Decision> decideAsync(K key, long permits) {
        try {
            return CompletableFuture.completedStage(decide(key, permits));
        } catch (Exception e) { // also a checked one, which other languages throw
            return CompletableFuture.failedStage(e);
        }
    }

    /**
     * Tells what {@link #decide(Object, long)} would answer now, and takes nothing.
     *
     * @param key the key that would take them
     * @param permits how many, at least 1
     * @return whether they would be taken, and how the key stands now, with nothing taken
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    Decision peek(K key, long permits);

    /**
     * Tells what {@link #decide(Object)} would answer now, and takes nothing.
     *
     * @param key the key that would take a permit
     * @return whether it would be taken, and how the key stands now, with nothing taken
     */
    default Decision peek(K key) {
        return peek(key, 1);
    }

    /**
     * Gives permits back under every limit, never above its capacity.
     *
     * <p>Refund only what was taken. If a permit has already been earned back by waiting, the refund may lighten the
     * debt of a later one. {@link Decision#refund} does not, since a decision knows what was taken, when and from which
     * buckets.
     *
     * @param key the key that took them
     * @param permits how many, at least 1
     * @throws IllegalArgumentException if {@code permits} is less than 1
     */
    void refund(K key, long permits);

    /**
     * Takes permits from every limit, whether they are there or not: for costs that are known only afterwards, such as
     * bytes sent or database time. The key may then owe up to one capacity beyond an empty bucket, and is denied until
     * it has paid. What goes beyond that is dropped.
     *
     * @param key the key that is charged
     * @param permits how many, at least 1
     * @throws IllegalArgumentException if {@code permits} is less than 1
     * @throws UnsupportedOperationException if this limiter does not override this method
     */
    default void charge(K key, long permits) {
        throw new UnsupportedOperationException(getClass().getName() + " does not charge");
    }

    /**
     * Fills all buckets of a key: it owes nothing from now on.
     *
     * @param key the key
     */
    void reset(K key);

    /**
     * What the limiter is called in metrics and logs.
     *
     * @return not blank; {@code limiter} if it was given no name
     */
    default String name() {
        return "limiter";
    }

    /**
     * The limits of each key, in the order in which they were given.
     *
     * @return an immutable list; empty if the limits are unknown
     */
    default List<Limit> limits() {
        return List.of();
    }

    /**
     * What the limiter has done so far, and what memory it occupies.
     *
     * @return a snapshot; {@link LimiterStats#unknown} if the limiter counts nothing
     */
    default LimiterStats stats() {
        return LimiterStats.unknown();
    }

    /**
     * The key that stands for all keys with the same buckets. If clients are told apart by network, it is the network
     * of the address.
     *
     * @param key any key
     * @return a key with the same buckets, which stands for itself; the given key if nothing else is known
     */
    default K tracked(K key) {
        return key;
    }

    /**
     * How many leading bits tell IPv4 clients apart.
     *
     * @return 32 for single addresses; empty if keys are used as they are, or if it is unknown
     */
    default OptionalInt ipv4Prefix() {
        return OptionalInt.empty();
    }

    /**
     * How many leading bits tell IPv6 clients apart.
     *
     * @return empty if keys are used as they are, or if it is unknown
     */
    default OptionalInt ipv6Prefix() {
        return OptionalInt.empty();
    }

    /**
     * The limiters that this one is made of, each of which counts, and takes memory, by itself.
     *
     * @return an immutable list; empty if it decides alone
     */
    default List<Limiter<?>> members() {
        return List.of();
    }

    /**
     * The limiter that decides about a key now, if this one chooses among several ({@link #byPlan}). Who keeps it for a
     * while, as for one request, charges and refunds where permits were taken, whatever plan the key has by then.
     *
     * @param key the key
     * @return one of the {@link #members}, or of theirs; this one if it does not choose
     * @throws IllegalStateException if the key has no plan, and none is the default
     */
    default Limiter<K> chosen(K key) {
        return this;
    }

    /**
     * This limiter for keys of which it limits a part, to be one of {@link #allOf}:
     *
     * <pre>{@code
     * record Login(String account, ClientAddress address) {}
     *
     * Limiter<String> accounts = Limiter.builder(Limit.perMinute(5).named("account")).build();
     * Limiter<ClientAddress> clients = Limiter.forAddresses(Limit.perMinute(20).named("client")).build();
     *
     * Limiter<Login> logins = Limiter.allOf(accounts.keyed(Login::account), clients.keyed(Login::address));
     * }</pre>
     *
     * @param part finds the part; null if there is none in a key, which this limiter does not limit then. Called by many
     *     threads at once, once or twice a call; must be cheap, and not block
     * @param <R> the type of the whole keys
     * @return a limiter with the same buckets
     */
    default <R> Limiter<R> keyed(Function<? super R, ? extends @Nullable K> part) {
        return new KeyedLimiter<>(part, this);
    }

    /** Ends background work, also that of {@link #members}. Idempotent. The limiter can still be used. */
    @Override
    void close();

    /**
     * A limiter that allows everything, to be one of {@link #byPlan}.
     *
     * @param <K> the type of the keys
     * @return the limiter, which has no limits and no buckets, and counts what it allows
     */
    static <K> Limiter<K> unlimited() {
        return unlimited("unlimited");
    }

    /**
     * A limiter that allows everything, under a name.
     *
     * @param name what it is called in metrics and logs; not blank
     * @param <K> the type of the keys
     * @return the limiter, which has no limits and no buckets, and counts what it allows
     * @throws IllegalArgumentException if the name is blank
     */
    static <K> Limiter<K> unlimited(String name) {
        return new UnlimitedLimiter<>(name);
    }

    /**
     * Limits each key by the limiter of its plan:
     *
     * <pre>{@code
     * Limiter<String> limiter = Limiter.byPlan(
     *         planOf::get,  // "free", "pro", or null
     *         Map.of(
     *                 Limiter.DEFAULT_PLAN, Limiter.builder(Limit.perMinute(60)).build(),
     *                 "pro", Limiter.builder(Limit.perMinute(6_000)).build(),
     *                 "staff", Limiter.unlimited()));
     * }</pre>
     *
     * <p>The plan is looked up once for each call, but twice by {@code tryAcquire} of an {@link #allOf} that this is one
     * of, and {@link Decision#refund} gives back to the limiter that was
     * charged, whatever plan the key has by then. {@link #refund} and {@link #charge} go to the limiter of the plan that
     * the key has now. {@link #reset} fills the key's buckets under every plan.
     *
     * <p>A key that changes its plan has other buckets from then on, and finds the former ones as it left them, when it
     * returns. So a key that flips among plans may take the sum of what they allow it, and no more.
     *
     * @param plan the plan of a key. A plan that is none of these, and null, means {@link #DEFAULT_PLAN}. Called by many
     *     threads at once; must be cheap, and not block
     * @param limiters the limiter of each plan, closed with this one. Where there is none for {@link #DEFAULT_PLAN}, a
     *     call whose key has no plan of these fails with an {@link IllegalStateException}
     * @param <K> the type of the keys
     * @return the limiter
     * @throws IllegalArgumentException if there is no plan, or the name of one is blank
     */
    static <K> Limiter<K> byPlan(
            Function<? super K, ? extends @Nullable String> plan, Map<String, ? extends Limiter<K>> limiters) {
        return new PlanLimiter<>(plan, limiters);
    }

    /**
     * Limits each key by several limiters at once, all of which must allow a call: a client and its network, a client
     * and the whole service, an account and an address.
     *
     * <pre>{@code
     * Limiter<ClientAddress> limiter = Limiter.allOf(
     *         Limiter.forAddresses(Limit.perMinute(60).named("client")).build(),
     *         Limiter.forNetworks(24, 48, Limit.perMinute(2_000).named("network")).build(),
     *         Limiter.builder(Limit.perSecond(500).named("service")).build().keyed(client -> "all"));
     * }</pre>
     *
     * <p>A call takes its permits from all of them, or from none. All are looked at before any is charged. They are
     * charged in their order: give them from narrow to broad, as what is charged for a moment, and then taken back
     * because a later one denies, may deny others ({@link LimiterStats#undone}). Each limiter keeps what it promises,
     * whatever threads do: never more is taken back from it than this call has charged there.
     *
     * <p>A denial tells the longest wait of all, the first limiter that denies ({@link Decision#deniedBy}) and the
     * limits that do. The one that denies counts the denial, and tells its listener; the others do not.
     * {@link #tracked} is as in the limiter that tells keys apart by the most.
     *
     * <p>{@link #reset} fills only buckets that are the key's own: not those of {@linkplain #keyed parts}, nor those of
     * networks that are wider than in another limiter here. It, {@link #refund} and {@link #charge} reach all limiters,
     * also if one throws.
     *
     * @param limiters one or more, closed with this one
     * @param <K> the type of the keys
     * @return the limiter
     * @throws IllegalArgumentException if there is none, or limits of two of them have one name
     */
    @SafeVarargs
    static <K> Limiter<K> allOf(Limiter<K>... limiters) {
        List<Limiter<K>> all = new ArrayList<>();
        for (Limiter<K> limiter : limiters) {
            all.add(Objects.requireNonNull(limiter, "limiter"));
        }
        return new AllLimiter<>(all);
    }

    /**
     * Starts a limiter in this process's memory, for keys of any type, used as they are:
     *
     * <pre>{@code
     * Limiter<String> limiter = Limiter.builder(Limit.perSecond(10).burst(20)).build();
     * }</pre>
     *
     * <p>For client addresses prefer {@link #forAddresses}: a client that owns an IPv6 network has as many addresses as
     * it likes.
     *
     * @param first the limit of each key
     * @param more further limits, applied together with the first
     * @param <K> the type of the keys, or one above it: {@link LimiterBuilder#build} infers the type from the variable
     *     that the limiter is assigned to
     * @return the builder
     * @throws IllegalArgumentException if two limits have one name
     */
    static <K> LimiterBuilder<K> builder(Limit first, Limit... more) {
        return LimiterBuilder.forAnyKey(first, more);
    }

    /**
     * Starts a limiter of clients: IPv4 by address, IPv6 by /64 network, as {@link ClientAddress#network} defines it.
     * {@code ::} and multicast addresses belong to no client; they are one key.
     *
     * <pre>{@code
     * Limiter<ClientAddress> limiter = Limiter.forAddresses(Limit.perMinute(100)).build();
     * limiter.tryAcquire(ClientAddress.parse("2001:db8::17"));
     * }</pre>
     *
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the builder
     * @throws IllegalArgumentException if two limits have one name
     */
    static LimiterBuilder<ClientAddress> forAddresses(Limit first, Limit... more) {
        return forNetworks(64, first, more);
    }

    /**
     * Starts a limiter of clients: IPv4 by address, IPv6 by network, as {@link ClientAddress#network} defines it.
     * {@code ::} and, up to a prefix of 64, multicast addresses belong to no client; they are one key.
     *
     * @param ipv6Prefix how many leading bits of an IPv6 address tell clients apart, 32 to 128
     * @param first the limit of each client
     * @param more further limits, applied together with the first
     * @return the builder
     * @throws IllegalArgumentException if the prefix is out of range, or two limits have one name
     */
    static LimiterBuilder<ClientAddress> forNetworks(int ipv6Prefix, Limit first, Limit... more) {
        return LimiterBuilder.forNetworks(32, ipv6Prefix, first, more);
    }

    /**
     * Starts a limiter of networks: IPv4 by the leading bits as well, and IPv6 as {@link ClientAddress#network} defines
     * it. For what many clients may do together whose addresses one owner has, beside a limiter of each:
     *
     * <pre>{@code
     * Limiter<ClientAddress> limiter = Limiter.allOf(
     *         Limiter.forAddresses(Limit.perMinute(60).named("client")).build(),
     *         Limiter.forNetworks(24, 48, Limit.perMinute(2_000).named("network")).build());
     * }</pre>
     *
     * @param ipv4Prefix how many leading bits of an IPv4 address tell clients apart, 8 to 32
     * @param ipv6Prefix how many leading bits of an IPv6 address tell clients apart, 32 to 128
     * @param first the limit of each network
     * @param more further limits, applied together with the first
     * @return the builder
     * @throws IllegalArgumentException if a prefix is out of range, or two limits have one name
     */
    static LimiterBuilder<ClientAddress> forNetworks(int ipv4Prefix, int ipv6Prefix, Limit first, Limit... more) {
        return LimiterBuilder.forNetworks(ipv4Prefix, ipv6Prefix, first, more);
    }
}
