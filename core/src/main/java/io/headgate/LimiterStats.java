package io.headgate;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What a limiter has done since it was built, and what it occupies now. A limiter of one's own makes one with
 * {@link #builder}:
 *
 * <pre>{@code
 * LimiterStats stats = LimiterStats.builder().allowed(17).denied(3).build();
 * stats.denied();  // 3
 * stats.evicted(); // 0: a count that was not set
 * stats.maxKeys(); // -1: unknown
 * }</pre>
 *
 * <p>A count that was not set is 0. {@link #size}, {@link #maxKeys} and the bytes are not counts: they are -1 if they
 * were not set, which means unknown. {@link #isUnknown} tells whether anything was set at all.
 *
 * <p>A {@link LocalLimiter} reads its counts one after another. So the counts of a snapshot that is taken while the
 * limiter works may differ by a few calls. Each count is exact once the limiter is idle.
 */
public final class LimiterStats {

    private static final long UNKNOWN = -1;

    /** The numbers, each with its value if it was not set. */
    private enum Value {
        ALLOWED("allowed", 0),
        DENIED("denied", 0),
        DENIED_AT_CAPACITY("deniedAtCapacity", 0),
        OVERFLOWED("overflowed", 0),
        NEAR_LIMIT("nearLimit", 0),
        UNDONE("undone", 0),
        DROPPED_PERMITS("droppedPermits", 0),
        EVICTED("evicted", 0),
        SWEEPS("sweeps", 0),
        SWEEP_FAILURES("sweepFailures", 0),
        SIZE("size", UNKNOWN),
        MAX_KEYS("maxKeys", UNKNOWN),
        MEMORY_BYTES("memoryBytes", UNKNOWN),
        MAX_MEMORY_BYTES("maxMemoryBytes", UNKNOWN),
        SHARED_MEMORY_BYTES("sharedMemoryBytes", UNKNOWN);

        final String title;
        final long unset;

        Value(String title, long unset) {
            this.title = title;
            this.unset = unset;
        }
    }

    private static final LimiterStats NOTHING = new Builder().build();

    /** The numbers that were set. Never written after construction. */
    private final Map<Value, Long> values;

    private final Map<Limit, Long> deniedByLimit;
    private final Duration sweepTime;
    private final boolean unknown;

    private LimiterStats(Builder builder) {
        values = new EnumMap<>(builder.values);
        deniedByLimit = Collections.unmodifiableMap(new LinkedHashMap<>(builder.deniedByLimit));
        sweepTime = builder.sweepTime == null ? Duration.ZERO : builder.sweepTime;
        unknown = builder.sweepTime == null && deniedByLimit.isEmpty() && values.isEmpty();
    }

    /**
     * The stats of a limiter that counts nothing.
     *
     * @return counts of 0; all other numbers are unknown
     */
    public static LimiterStats unknown() {
        return NOTHING;
    }

    /**
     * Starts a builder with nothing set.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Whether nothing was set, as by a limiter that counts nothing.
     *
     * @return true if so
     */
    public boolean isUnknown() {
        return unknown;
    }

    /**
     * Calls of {@code tryAcquire} and {@code decide} that were allowed, including those that an overflow rule decided.
     *
     * @return the count so far
     */
    public long allowed() {
        return value(Value.ALLOWED);
    }

    /**
     * Calls of {@code tryAcquire} and {@code decide} that were denied, including those that an overflow rule decided.
     *
     * @return the count so far
     */
    public long denied() {
        return value(Value.DENIED);
    }

    /**
     * Calls that were denied because of one limit: the first that had too few permits.
     *
     * @param limit one of {@link Limiter#limits}
     * @return the count so far; 0 for a limit that is not counted by itself
     */
    public long denied(Limit limit) {
        return deniedByLimit.getOrDefault(Objects.requireNonNull(limit, "limit"), 0L);
    }

    /**
     * {@link #denied(Limit)} for each limit that is counted by itself.
     *
     * @return in the order of the limits; empty if the limiter does not distinguish them
     */
    public Map<Limit, Long> deniedByLimit() {
        return deniedByLimit;
    }

    /**
     * Calls that were denied without a look at any limit, as there was no room for the key: by {@link Overflow#DENY},
     * or by {@link Overflow#SHARE} if there was no memory for shared buckets. They also count in {@link #denied()}, and
     * under no limit.
     *
     * @return the count so far
     */
    public long deniedAtCapacity() {
        return value(Value.DENIED_AT_CAPACITY);
    }

    /**
     * Calls that the {@link Overflow} rule decided, since there was no room for the key. They also count in
     * {@link #allowed} or {@link #denied()}.
     *
     * @return the count so far
     */
    public long overflowed() {
        return value(Value.OVERFLOWED);
    }

    /**
     * Calls of {@code decide} that took permits and left at most a fifth of a limit's capacity, in the key's own
     * buckets or in shared ones. Calls of {@code tryAcquire} do not count, since they do not find out what they leave.
     *
     * @return the count so far
     */
    public long nearLimit() {
        return value(Value.NEAR_LIMIT);
    }

    /**
     * Charges taken back because a later limit of the same call denied it. A concurrent call may have been denied
     * because of such a charge.
     *
     * @return the count so far
     */
    public long undone() {
        return value(Value.UNDONE);
    }

    /**
     * Permits that {@link Limiter#charge} did not take, under the limit of which it took the fewest.
     *
     * @return the count so far
     */
    public long droppedPermits() {
        return value(Value.DROPPED_PERMITS);
    }

    /**
     * Keys evicted because their buckets were full.
     *
     * @return the count so far
     */
    public long evicted() {
        return value(Value.EVICTED);
    }

    /**
     * Sweeps over all keys that reached their end.
     *
     * @return the count so far
     */
    public long sweeps() {
        return value(Value.SWEEPS);
    }

    /**
     * How long all sweeps took together, without the pauses between their slices.
     *
     * @return the sum so far
     */
    public Duration sweepTime() {
        return sweepTime;
    }

    /**
     * Sweeps in the background that ended in an exception or error.
     *
     * @return the count so far
     */
    public long sweepFailures() {
        return value(Value.SWEEP_FAILURES);
    }

    /**
     * Keys tracked now.
     *
     * @return the number now, or -1 if it is unknown
     */
    public long size() {
        return value(Value.SIZE);
    }

    /**
     * The most keys that are ever tracked at once.
     *
     * @return the number now, or -1 if it is unknown
     */
    public long maxKeys() {
        return value(Value.MAX_KEYS);
    }

    /**
     * Bytes that the limiter occupies now. {@link LocalLimiter#memoryBytes} says what is counted. For keys that are not
     * client addresses, or that more than 64 bits tell apart, this is an estimate by their number.
     *
     * @return the number now, or -1 if it is unknown
     */
    public long memoryBytes() {
        return value(Value.MEMORY_BYTES);
    }

    /**
     * Bytes that the limiter may occupy at most, once it tracks {@link #maxKeys} keys.
     *
     * @return the number now, or -1 if it is unknown
     */
    public long maxMemoryBytes() {
        return value(Value.MAX_MEMORY_BYTES);
    }

    /**
     * The part of {@link #memoryBytes} that shared buckets take: nothing until a key without room shares one, then the
     * same for ever.
     *
     * @return the number now, or -1 if it is unknown
     */
    public long sharedMemoryBytes() {
        return value(Value.SHARED_MEMORY_BYTES);
    }

    private long value(Value value) {
        return values.getOrDefault(value, value.unset);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LimiterStats that
                && values.equals(that.values)
                && deniedByLimit.equals(that.deniedByLimit)
                && sweepTime.equals(that.sweepTime)
                && unknown == that.unknown;
    }

    @Override
    public int hashCode() {
        return Objects.hash(values, deniedByLimit, sweepTime);
    }

    /** The numbers that were set. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "LimiterStats[", "]");
        values.forEach((value, number) -> text.add(value.title + "=" + number));
        deniedByLimit.forEach((limit, denied) -> text.add("denied by " + limit.name() + "=" + denied));
        if (!sweepTime.isZero()) {
            text.add("sweepTime=" + sweepTime);
        }
        return text.toString();
    }

    /**
     * Builds {@link LimiterStats}. Each method sets the number of the same name and returns this builder. A number
     * below 0 throws an {@link IllegalArgumentException}. Not thread-safe.
     */
    public static final class Builder {

        private final Map<Value, Long> values = new EnumMap<>(Value.class);
        private final Map<Limit, Long> deniedByLimit = new LinkedHashMap<>();
        private @Nullable Duration sweepTime;

        private Builder() {}

        /** Sets {@link LimiterStats#allowed}. */
        public Builder allowed(long allowed) {
            return set(Value.ALLOWED, allowed);
        }

        /** Sets {@link LimiterStats#denied()}. */
        public Builder denied(long denied) {
            return set(Value.DENIED, denied);
        }

        /** Sets {@link LimiterStats#denied(Limit)}, and leaves {@link LimiterStats#denied()} as it is. */
        public Builder denied(Limit limit, long denied) {
            Objects.requireNonNull(limit, "limit");
            require(denied >= 0, "denied", denied);
            deniedByLimit.put(limit, denied);
            return this;
        }

        /** Sets {@link LimiterStats#deniedAtCapacity}. */
        public Builder deniedAtCapacity(long deniedAtCapacity) {
            return set(Value.DENIED_AT_CAPACITY, deniedAtCapacity);
        }

        /** Sets {@link LimiterStats#overflowed}. */
        public Builder overflowed(long overflowed) {
            return set(Value.OVERFLOWED, overflowed);
        }

        /** Sets {@link LimiterStats#nearLimit}. */
        public Builder nearLimit(long nearLimit) {
            return set(Value.NEAR_LIMIT, nearLimit);
        }

        /** Sets {@link LimiterStats#undone}. */
        public Builder undone(long undone) {
            return set(Value.UNDONE, undone);
        }

        /** Sets {@link LimiterStats#droppedPermits}. */
        public Builder droppedPermits(long droppedPermits) {
            return set(Value.DROPPED_PERMITS, droppedPermits);
        }

        /** Sets {@link LimiterStats#evicted}. */
        public Builder evicted(long evicted) {
            return set(Value.EVICTED, evicted);
        }

        /** Sets {@link LimiterStats#sweeps}. */
        public Builder sweeps(long sweeps) {
            return set(Value.SWEEPS, sweeps);
        }

        /** Sets {@link LimiterStats#sweepTime}. */
        public Builder sweepTime(Duration sweepTime) {
            require(!sweepTime.isNegative(), "sweepTime", sweepTime);
            this.sweepTime = sweepTime;
            return this;
        }

        /** Sets {@link LimiterStats#sweepFailures}. */
        public Builder sweepFailures(long sweepFailures) {
            return set(Value.SWEEP_FAILURES, sweepFailures);
        }

        /** Sets {@link LimiterStats#size}. */
        public Builder size(long size) {
            return set(Value.SIZE, size);
        }

        /** Sets {@link LimiterStats#maxKeys}. */
        public Builder maxKeys(long maxKeys) {
            return set(Value.MAX_KEYS, maxKeys);
        }

        /** Sets {@link LimiterStats#memoryBytes}. */
        public Builder memoryBytes(long memoryBytes) {
            return set(Value.MEMORY_BYTES, memoryBytes);
        }

        /** Sets {@link LimiterStats#maxMemoryBytes}. */
        public Builder maxMemoryBytes(long maxMemoryBytes) {
            return set(Value.MAX_MEMORY_BYTES, maxMemoryBytes);
        }

        /** Sets {@link LimiterStats#sharedMemoryBytes}. */
        public Builder sharedMemoryBytes(long sharedMemoryBytes) {
            return set(Value.SHARED_MEMORY_BYTES, sharedMemoryBytes);
        }

        /**
         * Builds the stats from what was set.
         *
         * @return the snapshot, which later calls of this builder do not change
         */
        public LimiterStats build() {
            return new LimiterStats(this);
        }

        private Builder set(Value value, long number) {
            require(number >= 0, value.title, number);
            values.put(value, number);
            return this;
        }

        private static void require(boolean condition, String title, Object number) {
            if (!condition) {
                throw new IllegalArgumentException(title + " must be at least 0, not " + number);
            }
        }
    }
}
