package io.headgate;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a {@link Limiter} answered, and how the key stands under each limit afterwards. Immutable. */
public final class Decision {

    private final boolean allowed;
    private final @Nullable Duration retryAfter;
    private final boolean neverAdmissible;
    private final boolean overflow;
    private final List<LimitStatus> limits;

    private Decision(
            boolean allowed,
            @Nullable Duration retryAfter,
            boolean neverAdmissible,
            boolean overflow,
            List<LimitStatus> limits) {
        this.allowed = allowed;
        this.retryAfter = retryAfter;
        this.neverAdmissible = neverAdmissible;
        this.overflow = overflow;
        this.limits = List.copyOf(limits);
    }

    /**
     * The permits were taken.
     *
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision allowed(boolean overflow, List<LimitStatus> limits) {
        return new Decision(true, Duration.ZERO, false, overflow, limits);
    }

    /**
     * The permits were not taken and may be later.
     *
     * @param retryAfter when they will be, if nobody else takes from the same buckets; null if that cannot be promised
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision denied(@Nullable Duration retryAfter, boolean overflow, List<LimitStatus> limits) {
        return new Decision(false, retryAfter, false, overflow, limits);
    }

    /**
     * More permits were asked for than a bucket can hold.
     *
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision neverAdmissible(boolean overflow, List<LimitStatus> limits) {
        return new Decision(false, null, true, overflow, limits);
    }

    /**
     * Whether the permits were taken.
     *
     * @return true if they were
     */
    public boolean allowed() {
        return allowed;
    }

    /**
     * Whole permits left under the limit that has the fewest.
     *
     * @return at least 0; 0 if there is no {@linkplain #limits() status} of any limit
     */
    public long remaining() {
        return limits.stream().mapToLong(LimitStatus::remaining).min().orElse(0);
    }

    /**
     * How long to wait until this many permits are admitted, provided that nobody else takes from the same buckets.
     *
     * @return zero if they were taken; empty if no wait can be promised
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /**
     * Whether this many permits can never be admitted, since a limit's capacity is less.
     *
     * @return true if waiting does not help
     */
    public boolean neverAdmissible() {
        return neverAdmissible;
    }

    /**
     * Whether the limiter had no room for the key, so that its {@link Overflow} rule decided.
     *
     * @return true if so
     */
    public boolean overflow() {
        return overflow;
    }

    /**
     * How the key stands under each limit, in the order of the limiter's limits.
     *
     * @return one status a limit; empty if the key was denied without a look at any bucket ({@link Overflow#DENY})
     */
    public List<LimitStatus> limits() {
        return limits;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Decision that
                && allowed == that.allowed
                && neverAdmissible == that.neverAdmissible
                && overflow == that.overflow
                && Objects.equals(retryAfter, that.retryAfter)
                && limits.equals(that.limits);
    }

    @Override
    public int hashCode() {
        return Objects.hash(allowed, neverAdmissible, overflow, retryAfter, limits);
    }

    @Override
    public String toString() {
        String outcome = allowed ? "allowed" : neverAdmissible ? "never admissible" : "denied";
        String wait = allowed || retryAfter == null ? "" : ", retry after " + retryAfter;
        return "Decision[" + outcome + wait + (overflow ? ", overflow" : "") + ", " + limits + "]";
    }
}
