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
 * <p>Clients that at most 64 bits tell apart are kept in a table, all other keys in a {@link ReadOptimizedMap}; both grow and
 * shrink with the number of keys. A call about a key that is tracked, and in the map has settled, takes no lock, unless the key is
 * just being forgotten, or its row is moving to a larger or smaller part of the table and is not there after 200 looks. Any
 * other call may take one for a short while, at the longest for the move of some 3,000 rows, and a sweep does so again and again. Under
 * a lock of the map the {@code equals}, {@code hashCode} and {@code compareTo} of any key there may run: if one does not
 * return, calls that need this lock wait.
 *
 * <p>{@code tryAcquire} allocates nothing for a client that is in the table, nor for one that comes to it, but when a part of the table
 * grows; nor for a key that has settled in the map if no more than eight share its hash code. A key that comes to the map costs some 100 bytes, and now and then a copy
 * of a part of it; an IPv6 client there costs its network each time. A key that a shared bucket admits costs a {@code long} a limit,
 * in an array; the first that shares one, those buckets themselves; a listener of denials, the address that it is told.
 * Counters grow a little as threads meet.
 *
 * <p>Whatever threads do at the same time, in every window a key is admitted at most capacity + rate × (last − first as-of
 * reading) permits under each limit, less what was refunded; the as-of reading of a call lies within the call. Keys whose
 * buckets are full are forgotten from time to time, which changes no decision if there is room for the key when it returns.
 * A key that shared a bucket for want of room ({@link Overflow#SHARE}) and is then tracked owes what it took there, but for
 * one charge at most of each call that was under way at that very moment.
 *
 * <p>Under several limits a call that one of them denies takes nothing. If a concurrent call of the same key takes the last
 * permits of a limit meanwhile, this call gives back what it has taken so far, less a nanosecond's worth. Until then another
 * call may be denied because of it ({@link LimiterStats#undone}).
 *
 * @param <K> the type of the keys
 */
public final class LocalLimiter<K> implements Limiter<K> {

    private static final Logger LOG = System.getLogger(LocalLimiter.class.getName());

    private final String name;
    private final List<Limit> limits;
    private final Ticker ticker;
    private final long maxKeys;
    private final int ipv6Prefix;
    private final UnaryOperator<K> canonical;
    private final UnaryOperator<K> tracked;

    private final TokenBucket[] buckets;
    private final BucketStore<K> store;
    private final Charger<K> charger;
    private final long memoryBytes;

    private final LongAdder allowed = new LongAdder();
    private final LongAdder overflowed = new LongAdder();

    private final @Nullable Denials<K> denials;

    private final SweepRunner sweeps;
    private final @Nullable Sweeper sweeper;

    /** A limiter that is swept there, or on a thread of its own. */
    LocalLimiter(LimiterBuilder<K> builder, @Nullable ScheduledExecutorService scheduler) {
        name = builder.name;
        limits = builder.limits;
        ticker = builder.ticker;
        maxKeys = builder.maxKeys;
        ipv6Prefix = builder.ipv6Prefix;
        KeyKind<K> kind = builder.kinds.apply(builder.translators);
        canonical = kind.canonical();
        tracked = kind.tracked();
        denials = builder.onDenied == null ? null : new Denials<>(builder.onDenied, tracked);
        buckets = limits.stream()
                .map(TokenBucket::new)
                .sorted(Comparator.comparingLong(TokenBucket::interval).reversed())
                .toArray(TokenBucket[]::new);
        store = builder.openStore(kind, buckets);
        charger = new Charger<>(limits, buckets, store, builder.overflow);
        sweeps = new SweepRunner(store, ticker);
        memoryBytes = store.memoryBytes() + (store.shared == null ? 0 : store.shared.memoryBytes());
        sweeper = builder.sweepInterval.isZero() ? null : new Sweeper(this, builder.sweepInterval, scheduler);
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        requirePositive(permits);
        return acquire(canonical(key), permits, ticker.read(), null).allowed;
    }

    @Override
    public Decision decide(K key, long permits) {
        requirePositive(permits);
        long now = ticker.read();
        long[] states = new long[buckets.length];
        K canonical = canonical(key);
        ChargeResult result = acquire(canonical, permits, now, states);
        return charger.explain(canonical, result, true, states, permits, now);
    }

    /**
     * {@inheritDoc}
     *
     * <p>With as many keys tracked as can be, it may forget some whose buckets are full ({@link LimiterStats#evicted}), to
     * find out whether there is room for this one. That changes no answer.
     */
    @Override
    public Decision peek(K key, long permits) {
        requirePositive(permits);
        long now = ticker.read();
        long[] states = new long[buckets.length];
        K canonical = canonical(key);
        ChargeResult result = charger.look(canonical, permits, now, states);
        return charger.explain(canonical, result, false, states, permits, now);
    }

    /** Begins to sweep. Not in the constructor, since another thread may see the limiter from here on. */
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
                            + " bytes, and the heap has at most " + heap
                            + ": keys beyond what fits will go by the overflow"
                            + " rule. Choose a smaller maxKeys or a larger heap (-Xmx).");
        }
    }

    /** The key as the store needs it. */
    private K canonical(K key) {
        if (key == null) {
            throw new NullPointerException("the key is null, in limiter " + QuotedText.of(name));
        }
        return canonical.apply(key);
    }

    /**
     * Takes permits if it can, and counts what was allowed; denials are counted where they happen. Leaves in {@code states},
     * if given, the states it decided on.
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
     * <p>At most one capacity beyond what a full bucket holds; beyond empty a bucket that is shared
     * ({@link Overflow#SHARE}) is not taken, since strangers would wait for it. What is not taken, and what is charged to a
     * key that has no room and shares no bucket, counts as {@linkplain LimiterStats#droppedPermits dropped}.
     */
    @Override
    public void charge(K key, long permits) {
        requirePositive(permits);
        charger.charge(canonical(key), permits, ticker.read());
    }

    /**
     * Raises what a key owes to at least the debts that somebody else knows of, such as other nodes; a key that is not
     * tracked is given buckets. What the key owes already is not added: the larger debt stands. A debt may be up to the
     * refill time of the bucket and four times as much again, or 400 permits if that is more, but at most a year; a larger
     * one becomes that. Permits that a call under way takes back ({@link LimiterStats#undone}) may lessen it.
     *
     * @param key whose buckets
     * @param debts the nanoseconds until each bucket is full, as of that reading, in the order of {@link #limits}
     * @param asOf a reading of the limiter's {@link Ticker}
     * @return whether the key has buckets now; false if there is no room for it: then nothing changed, no shared bucket either
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
     * <p>If the key has no buckets of its own, what it still owes in one that it shares ({@link Overflow#SHARE}) is lessened.
     * Which of them the permits were taken from is not known here, as it is to {@link Decision#refund}: of a key that shared
     * a bucket and has been given its own since, the shared one keeps what it is owed.
     */
    @Override
    public void refund(K key, long permits) {
        requirePositive(permits);
        charger.refund(canonical(key), permits, ticker.read());
    }

    /**
     * {@inheritDoc}
     *
     * <p>What a key owes in a bucket that it shares ({@link Overflow#SHARE}) stays, since others owe it too; if there is room
     * for the key now, it does not owe that in buckets of its own.
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
     * @return at most {@link #maxKeys}, at every instant
     */
    public long size() {
        return store.size();
    }

    /**
     * Forgets every key whose buckets are full, in the calling thread.
     *
     * @return how many keys this sweep forgot
     */
    public long sweep() {
        return sweeps.whole();
    }

    /** What the sweeper works through. */
    SweepRunner sweeps() {
        return sweeps;
    }

    /**
     * What the limiter may occupy at most, in bytes: once it tracks {@link #maxKeys} keys, and others have shared buckets. See
     * {@link LimiterStats#memoryBytes} for what it occupies now. The key objects are not counted, nor, while a thread moves rows of
     * a table, the 256 KB at most that they come from or go to. Under compressed references, as with heaps below 32 GB: without
     * them, keys that are no addresses cost up to half as much again.
     *
     * @return the same number from the beginning on
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

    /** {@inheritDoc} The thread that sweeps has it in its name, too. */
    @Override
    public String name() {
        return name;
    }

    /**
     * {@inheritDoc}
     *
     * <p>Of a client that has an IPv4 address that address; {@code ::} for {@code ff00::/8}, as those addresses name no client;
     * {@code ::1} for the network of that address. It is what a listener of denials is told.
     */
    @Override
    public K tracked(K key) {
        return tracked.apply(key);
    }

    @Override
    public OptionalInt ipv6Prefix() {
        return ipv6Prefix == LimiterBuilder.ANY_KEY ? OptionalInt.empty() : OptionalInt.of(ipv6Prefix);
    }

    /** {@inheritDoc} Everything is known of it. */
    @Override
    public LimiterStats stats() {
        long sharedBytes = store.shared == null ? 0 : store.shared.presentBytes();
        LimiterStats.Builder stats = LimiterStats.builder()
                .allowed(allowed.sum())
                .overflowed(overflowed.sum())
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
