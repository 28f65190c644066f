package io.headgate;

import io.headgate.internal.QuotedText;
import io.headgate.map.ReadOptimizedMap;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Limiter} in the memory of this process, for at most a given number of keys. Made by {@link Limiter#builder},
 * {@link Limiter#forAddresses} or {@link Limiter#forNetworks}.
 *
 * <pre>{@code
 * LocalLimiter<ClientAddress> limiter =
 *         Limiter.forAddresses(Limit.perMinute(100)).maxKeys(50_000).build();
 * limiter.memoryBytes();          // the most that it may take
 * limiter.stats().memoryBytes();  // what it takes now
 * }</pre>
 *
 * <h2>Locks</h2>
 *
 * <p>Clients that at most 64 bits tell apart are kept in a table, all other keys in a {@link ReadOptimizedMap}. Both
 * grow and shrink with the number of keys. A call about a tracked key takes no lock, with three exceptions: a key of
 * the map that has not settled; a key that is about to be evicted; a client whose row is moving to another part of
 * the table and is not there after 200 looks. Any other call may take a lock for a short while, at the longest for the
 * move of some 3,000 rows. A sweep takes locks again and again. Under a lock of the map the {@code equals},
 * {@code hashCode} and {@code compareTo} of any key there may run: if one does not return, calls that need this lock
 * wait.
 *
 * <h2>Allocation</h2>
 *
 * <p>{@code tryAcquire} allocates nothing for a client of the table, known or new, unless a part of the table grows. It
 * allocates nothing for a key that has settled in the map, if no more than eight share its hash code. What does
 * allocate:
 *
 * <ul>
 * <li>a key that comes to the map: some 100 bytes, and now and then a copy of a part of the map;
 * <li>an IPv6 client in the map: its network, on each call;
 * <li>a key that a shared bucket admits: an array with a {@code long} per limit; the first one also makes the shared
 * buckets;
 * <li>a listener of denials: the address that it is given;
 * <li>counters, which grow a little when threads meet.
 * </ul>
 *
 * <h2>What is promised</h2>
 *
 * <p>Whatever threads do at the same time, in every window a key is admitted at most capacity + rate × (last − first
 * as-of reading) permits under each limit, less what was refunded. The as-of reading of a call lies within the call.
 * Nor is a call denied what is there: a denial is judged by a clock reading that follows the look at the bucket.
 *
 * <p>Keys whose buckets are full are evicted from time to time. That changes no decision if there is room for the key
 * when it returns. A key that shared a bucket for want of room ({@link Overflow#SHARE}) and is then tracked owes what
 * it took there, except for one charge at most of each call that was in progress at that moment.
 *
 * <p>Under several limits a call that one of them denies takes nothing. If a concurrent call of the same key takes the
 * last permits of a limit meanwhile, this call gives back what it has taken so far, less a nanosecond's worth and what
 * has been earned since it read the clock. Until then another call may be denied because of it ({@link LimiterStats#undone}).
 *
 * @param <K> the type of the keys
 */
public final class LocalLimiter<K> implements Limiter<K> {

    private static final Logger LOG = System.getLogger(LocalLimiter.class.getName());

    private final String name;
    private final List<Limit> limits;
    private final Ticker ticker;
    private final long maxKeys;
    private final int ipv4Prefix;
    private final int ipv6Prefix;
    private final Overflow overflow;
    private final UnaryOperator<K> canonical;
    private final UnaryOperator<K> tracked;

    private final TokenBucket[] buckets;
    private final BucketStore<K> store;
    private final Charger<K> charger;
    private final Explainer<K> explainer;
    private final long memoryBytes;

    private final LongAdder allowed = new LongAdder();
    private final LongAdder overflowed = new LongAdder();

    private final @Nullable Denials<K> denials;

    private final SweepRunner sweeps;
    private final @Nullable Sweeper sweeper;

    /** A limiter that is swept on the scheduler given, else on a thread of its own. */
    LocalLimiter(LimiterBuilder<K> builder, @Nullable ScheduledExecutorService scheduler) {
        name = builder.name;
        limits = builder.limits;
        ticker = builder.ticker;
        maxKeys = builder.maxKeys;
        ipv4Prefix = builder.ipv4Prefix;
        ipv6Prefix = builder.ipv6Prefix;
        overflow = builder.overflow;
        KeyKind<K> kind = builder.kind();
        canonical = kind.canonical();
        tracked = kind.tracked();
        denials = builder.onDenied == null ? null : new Denials<>(builder.onDenied, tracked);
        buckets = limits.stream()
                .map(TokenBucket::new)
                .sorted(Comparator.comparingLong(TokenBucket::interval).reversed())
                .toArray(TokenBucket[]::new);
        store = builder.openStore(kind, buckets);
        charger = new Charger<>(limits, buckets, store, builder.overflow);
        explainer = new Explainer<>(charger, limits, buckets, builder.overflow);
        sweeps = new SweepRunner(store, ticker);
        memoryBytes = store.memoryBytes() + (store.shared == null ? 0 : store.shared.memoryBytes());
        sweeper = builder.sweepInterval.isZero() ? null : new Sweeper(this, builder.sweepInterval, scheduler);
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        requirePositive(permits);
        return take(key, permits, ticker.read()).allowed;
    }

    @Override
    public Decision decide(K key, long permits) {
        requirePositive(permits);
        return decide(key, permits, ticker.read());
    }

    /** The same as of a reading, by which {@link #undo} can take the charge back. */
    Decision decide(K key, long permits, long now) {
        long[] states = new long[buckets.length];
        K canonical = canonical(key);
        ChargeResult result = acquire(canonical, permits, now, states);
        return explainer.explain(canonical, result, true, states, permits, now);
    }

    /**
     * {@inheritDoc}
     *
     * <p>While as many keys are tracked as can be, a peek may evict some whose buckets are full
     * ({@link LimiterStats#evicted}), to find out whether there is room for this one. That changes no answer.
     */
    @Override
    public Decision peek(K key, long permits) {
        requirePositive(permits);
        long now = ticker.read();
        long[] states = new long[buckets.length];
        K canonical = canonical(key);
        ChargeResult result = charger.look(canonical, permits, now, states);
        return explainer.explain(canonical, result, false, states, permits, now);
    }

    /** Whether a call would be allowed, as far as a look can tell that counts nothing, and allocates no decision. */
    boolean admits(K key, long permits, long now) {
        return charger.look(canonical(key), permits, now, null).allowed;
    }

    Ticker ticker() {
        return ticker;
    }

    /** Takes permits as of a reading, by which {@link #undo} can take the charge back. */
    ChargeResult take(K key, long permits, long now) {
        return acquire(canonical(key), permits, now, null);
    }

    /** Takes a charge back, since another limiter has denied the call. Answers whether anything was charged. */
    boolean undo(K key, long permits, long charged, boolean sharing) {
        return charger.undo(canonical(key), permits, charged, sharing);
    }

    /** Begins to sweep. Not done in the constructor, since it publishes the limiter to another thread. */
    void start() {
        warnOfSmallHeap(Runtime.getRuntime().maxMemory());
        if (sweeper != null) {
            sweeper.start();
        }
    }

    private void warnOfSmallHeap(long heap) {
        if (memoryBytes > heap) {
            LOG.log(
                    Level.WARNING,
                    "maxKeys " + maxKeys + " of limiter " + QuotedText.of(name) + " may take " + memoryBytes
                            + " bytes, and the heap has at most " + heap + ": "
                            + (overflow == Overflow.EVICT
                                    ? "calls for keys beyond what fits will throw an OutOfMemoryError."
                                    : "keys beyond what fits will go by the overflow rule.")
                            + " Choose a smaller maxKeys or a larger heap (-Xmx).");
        }
    }

    /** Converts a key to the form that the store needs. */
    private K canonical(K key) {
        if (key == null) {
            throw new NullPointerException("the key is null, in limiter " + QuotedText.of(name));
        }
        return canonical.apply(key);
    }

    /**
     * Takes permits if it can, and counts what was allowed. The charger counts denials. If {@code states} is not null,
     * it receives the states that the decision was made on.
     */
    private ChargeResult acquire(K key, long permits, long now, long @Nullable [] states) {
        ChargeResult result = charger.take(key, permits, now, states);
        if (result.overflow) {
            overflowed.increment();
        }
        if (result.allowed) {
            allowed.increment();
        } else if (denials != null) {
            denials.tell(key); // last, since it may throw
        }
        return result;
    }

    /**
     * {@inheritDoc}
     *
     * <p>A key's own bucket may owe at most one capacity beyond empty. A shared bucket ({@link Overflow#SHARE}) is
     * taken until it is empty and no further, since strangers would wait for it. What is not taken counts as
     * {@linkplain LimiterStats#droppedPermits dropped}, and so does what is charged to a key that has no room and
     * shares no bucket.
     */
    @Override
    public void charge(K key, long permits) {
        requirePositive(permits);
        charger.charge(canonical(key), permits, ticker.read());
    }

    /**
     * Raises what a key owes to at least the debts that somebody else knows of, such as other nodes. A key that is not
     * tracked is given buckets. The debts are not added to what the key owes already: the larger one stands.
     *
     * <p>A debt is at most the refill time of the bucket and four times as much again, or 400 permits if that is more,
     * and never more than a year; a larger one is cut to that. If a call in progress gives permits back
     * ({@link LimiterStats#undone}), the debt may be that much smaller.
     *
     * @param key the key that owes
     * @param debts the nanoseconds until each bucket is full, as of that reading, in the order of {@link #limits}
     * @param asOf a reading of the limiter's {@link Ticker}
     * @return whether the key has buckets now; false if there is no room for it: then nothing changed, no shared bucket
     *     either
     * @throws IllegalArgumentException if there are not as many debts as limits, or one is negative
     */
    public boolean owe(K key, long[] debts, long asOf) {
        Objects.requireNonNull(debts, "debts");
        if (debts.length != limits.size()) {
            throw new IllegalArgumentException("debts must be " + limits.size()
                    + " times zero or more nanoseconds, one a limit, not " + debts.length);
        }
        for (long debt : debts) {
            if (debt < 0) {
                throw new IllegalArgumentException("debts must be zero or more nanoseconds, not " + debt);
            }
        }
        long[] byBucket = new long[buckets.length];
        for (int i = 0; i < buckets.length; i++) {
            byBucket[i] = debts[limits.indexOf(buckets[i].limit())];
        }
        return charger.owe(canonical(key), byBucket, asOf, ticker.read());
    }

    /**
     * {@inheritDoc}
     *
     * <p>If the key has no buckets of its own, the refund lowers what it still owes in the one that it shares
     * ({@link Overflow#SHARE}). Unlike {@link Decision#refund}, this method does not know which buckets the permits
     * were taken from: if a key shared a bucket and has been given its own since, the shared one gets nothing back.
     */
    @Override
    public void refund(K key, long permits) {
        requirePositive(permits);
        charger.refund(canonical(key), permits, ticker.read());
    }

    /**
     * {@inheritDoc}
     *
     * <p>What a key owes in a bucket that it shares ({@link Overflow#SHARE}) stays, since others owe it too. If there
     * is room for the key now, its own buckets do not start with that debt.
     */
    @Override
    public void reset(K key) {
        charger.reset(canonical(key), ticker.read());
    }

    private static void requirePositive(long permits) {
        if (permits < 1) {
            throw new IllegalArgumentException("permits must be at least 1, not " + permits);
        }
    }

    /**
     * How many keys are tracked now. O(1).
     *
     * @return at most {@link #maxKeys}, at every instant; with {@link Overflow#EVICT} more while calls are under way
     */
    public long size() {
        return store.size();
    }

    /**
     * Evicts every key whose buckets are full, in the calling thread.
     *
     * @return how many keys this sweep evicted
     */
    public long sweep() {
        return sweeps.whole();
    }

    /** Runs this limiter's sweeps. */
    SweepRunner sweeps() {
        return sweeps;
    }

    /**
     * The most that the limiter may occupy, in bytes: once it tracks {@link #maxKeys} keys, and others have shared
     * buckets. See {@link LimiterStats#memoryBytes} for what it occupies now.
     *
     * <p>The key objects are not counted, nor the 256 KB at most that rows of a table occupy a second time while they
     * move. The figure is for compressed references, as with heaps below 32 GB. Without them, keys that are not
     * addresses cost up to half as much again.
     *
     * @return the same number at all times
     */
    public long memoryBytes() {
        return memoryBytes;
    }

    /**
     * The most keys that are ever tracked at once.
     *
     * @return as the limiter was built
     */
    public long maxKeys() {
        return maxKeys;
    }

    @Override
    public List<Limit> limits() {
        return limits;
    }

    /** {@inheritDoc} The sweeping thread has it in its name, too. */
    @Override
    public String name() {
        return name;
    }

    /**
     * {@inheritDoc}
     *
     * <p>For a client with an IPv4 address, that address or its network. For {@code ff00::/8}, {@code ::}, as those addresses belong
     * to no client. For the network of {@code ::1}, that address. A listener of denials is given this key.
     */
    @Override
    public K tracked(K key) {
        return tracked.apply(key);
    }

    @Override
    public OptionalInt ipv4Prefix() {
        return prefix(ipv4Prefix);
    }

    @Override
    public OptionalInt ipv6Prefix() {
        return prefix(ipv6Prefix);
    }

    private static OptionalInt prefix(int bits) {
        return bits == LimiterBuilder.ANY_KEY ? OptionalInt.empty() : OptionalInt.of(bits);
    }

    /** {@inheritDoc} Every number is known. */
    @Override
    public LimiterStats stats() {
        long sharedBytes = store.shared == null ? 0 : store.shared.presentBytes();
        LimiterStats.Builder stats = LimiterStats.builder()
                .allowed(allowed.sum())
                .overflowed(overflowed.sum())
                .nearLimit(explainer.nearLimit())
                .evicted(store.evicted())
                .sweeps(sweeps.count())
                .sweepTime(sweeps.time())
                .sweepFailures(sweeps.failures())
                .size(store.size())
                .maxKeys(maxKeys)
                .memoryBytes(store.presentBytes() + sharedBytes)
                .maxMemoryBytes(memoryBytes)
                .sharedMemoryBytes(sharedBytes);
        charger.count(stats);
        return stats.build();
    }

    @Override
    public void close() {
        if (sweeper != null) {
            sweeper.close();
        }
    }
}
