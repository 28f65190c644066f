package io.headgate;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Limiter} answered to a call that asked for {@linkplain Limit permits}, and how the key stands under
 * each limit afterwards. Thread-safe; its answers do not change.
 *
 * <pre>{@code
 * Decision decision = limiter.decide(account, 3);
 * if (decision.allowed()) {
 *     // decision.remaining() permits are left
 *     decision.refund(1); // one of the three was not needed
 * } else {
 *     decision.retryAfterSeconds().ifPresent(seconds -> response.setHeader("Retry-After", "" + seconds));
 * }
 * }</pre>
 *
 * <p>The decision of a {@link Limiter#peek}, which takes nothing, says what {@code decide} would answer, and how the
 * key stands now. If a key is allowed without a bucket ({@link Overflow#ALLOW}), nothing is taken either, and its
 * buckets are said to be full.
 */
public final class Decision {

    private final boolean allowed;
    private final @Nullable Duration retryAfter;
    private final boolean neverAdmissible;
    private final boolean overflow;
    private final List<LimitStatus> limits;
    /** The name of the limiter that denied. Null if one alone was asked, and if the call was allowed. */
    private final @Nullable String deniedBy;
    /** Gives permits back. Null if that is impossible. */
    private final @Nullable LongConsumer giveBack;
    /** The answers that it is made of, if several limiters were asked, and allowed the call. */
    private final List<Decision> parts;
    /** Permits that were taken and not given back. Guarded by the monitor. */
    private long taken;

    private Decision(
            boolean allowed,
            @Nullable Duration retryAfter,
            boolean neverAdmissible,
            boolean overflow,
            List<LimitStatus> limits,
            @Nullable String deniedBy,
            long taken,
            @Nullable LongConsumer giveBack,
            List<Decision> parts) {
        this.allowed = allowed;
        this.retryAfter = retryAfter;
        this.neverAdmissible = neverAdmissible;
        this.overflow = overflow;
        this.limits = List.copyOf(limits);
        this.deniedBy = deniedBy;
        this.taken = taken;
        this.giveBack = giveBack;
        this.parts = parts;
    }

    /**
     * The permits were taken, by a limiter that does not know from where: {@link #refund} is not supported.
     *
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision allowed(boolean overflow, List<LimitStatus> limits) {
        return new Decision(true, Duration.ZERO, false, overflow, limits, null, 0, null, List.of());
    }

    /**
     * The permits were taken, and can be given back.
     *
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @param taken how many were taken, at least 0; 0 for a decision that took nothing, such as a peek's
     * @param giveBack gives permits back to where they were taken from; {@link #refund} calls it from any thread, in
     *     all with no more permits than were taken
     * @return the decision
     * @throws IllegalArgumentException if {@code taken} is negative
     */
    public static Decision allowed(boolean overflow, List<LimitStatus> limits, long taken, LongConsumer giveBack) {
        if (taken < 0) {
            throw new IllegalArgumentException("taken must be at least 0, not " + taken);
        }
        return new Decision(
                true,
                Duration.ZERO,
                false,
                overflow,
                limits,
                null,
                taken,
                Objects.requireNonNull(giveBack, "giveBack"),
                List.of());
    }

    /**
     * The permits were not taken, and may be there later.
     *
     * @param retryAfter when they will be there, if nobody else takes from the same buckets; null if that cannot be
     *     promised
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision denied(@Nullable Duration retryAfter, boolean overflow, List<LimitStatus> limits) {
        return new Decision(false, retryAfter, false, overflow, limits, null, 0, Decision::giveNothing, List.of());
    }

    /**
     * The call asked for more permits than a bucket can hold.
     *
     * @param overflow whether an overflow rule decided, not a bucket of the key's own
     * @param limits how the key stands now, in the order of the limiter's limits
     * @return the decision
     */
    public static Decision neverAdmissible(boolean overflow, List<LimitStatus> limits) {
        return new Decision(false, null, true, overflow, limits, null, 0, Decision::giveNothing, List.of());
    }

    /**
     * This denial with another wait, where something else denies the same call for longer.
     *
     * @param retryAfter when the permits will be there; null if that cannot be promised
     * @return a decision that tells the same otherwise
     * @throws IllegalStateException if the call was allowed
     */
    public Decision withRetryAfter(@Nullable Duration retryAfter) {
        if (allowed) {
            throw new IllegalStateException("a call that was allowed has no wait");
        }
        return new Decision(
                false, retryAfter, neverAdmissible, overflow, limits, deniedBy, 0, Decision::giveNothing, List.of());
    }

    /** This denial, as that of one limiter among several. */
    Decision by(String limiter) {
        return new Decision(
                false, retryAfter, neverAdmissible, overflow, limits, limiter, 0, Decision::giveNothing, List.of());
    }

    /** As {@link #allowed(boolean, List, long, LongConsumer)}, by the answers of several limiters. */
    static Decision allowedByAll(
            boolean overflow, List<LimitStatus> limits, long taken, LongConsumer giveBack, List<Decision> parts) {
        return new Decision(true, Duration.ZERO, false, overflow, limits, null, taken, giveBack, List.copyOf(parts));
    }

    private static void giveNothing(long permits) {}

    /**
     * Whether the call was allowed. The permits were taken then, or would be if this answers a {@link Limiter#peek}.
     * Under {@link Overflow#ALLOW} a key without room is allowed, too, and nothing is taken.
     *
     * @return true if so
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
     * How long to wait until this many permits are there, provided that nobody else takes from the same buckets.
     *
     * @return zero if the call was {@linkplain #allowed allowed}; empty if no wait can be promised
     */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    /**
     * {@link #retryAfter} in whole seconds, rounded up. A caller that waits so long, and shares its buckets with
     * nobody, is allowed. Rounding down would send it back too early.
     *
     * @return zero if the call was {@linkplain #allowed allowed}; empty if no wait can be promised
     */
    public OptionalLong retryAfterSeconds() {
        if (retryAfter == null) {
            return OptionalLong.empty();
        }
        long seconds = retryAfter.toSeconds();
        return OptionalLong.of(retryAfter.toNanosPart() > 0 && seconds < Long.MAX_VALUE ? seconds + 1 : seconds);
    }

    /**
     * Whether this many permits are always denied, since a limit's capacity is less.
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
     * Which limiter denied the call, if several were asked ({@link Limiter#allOf}): the first of those that did. The
     * limits that did are {@linkplain LimitStatus#violated violated}.
     *
     * @return its name; empty if the call was allowed, or the limiter is not made of several that all must allow it
     */
    public Optional<String> deniedBy() {
        return Optional.ofNullable(deniedBy);
    }

    /**
     * How the key stands under each limit, in the order of the limiter's limits.
     *
     * @return one status a limit; empty if the key was denied without a look at any bucket ({@link Overflow#DENY})
     */
    public List<LimitStatus> limits() {
        return limits;
    }

    /**
     * Gives back permits that this decision took, under every limit, to where they were taken from. All calls together
     * give back no more than the decision took. What has been earned back since the call read the clock is not given
     * again, even if its thread slept before it took anything. Does nothing if nothing was taken, as by a denial. For this
     * the decision keeps a reference to the key, and to no bucket.
     *
     * @param permits how many, at least 1; those beyond what is left of this decision are not given
     * @throws IllegalArgumentException if {@code permits} is less than 1
     * @throws UnsupportedOperationException if the limiter made the decision without a way to give permits back
     */
    public void refund(long permits) {
        if (permits < 1) {
            throw new IllegalArgumentException("permits must be at least 1, not " + permits);
        }
        if (giveBack == null) {
            throw new UnsupportedOperationException(
                    "the limiter made this decision without a way back; see Decision.allowed");
        }
        long given;
        synchronized (this) {
            given = Math.min(permits, taken);
            taken -= given;
        }
        if (given > 0) {
            giveBack.accept(given);
        }
    }

    /**
     * What each limiter took, if several were asked ({@link Limiter#allOf}) and all allowed the call. A {@link #refund} of one of these gives back to that
     * limiter alone, and the whole then gives back what is left.
     *
     * @return in the order in which they were asked; empty if the call was denied, or one limiter alone was asked
     */
    public List<Decision> parts() {
        return parts;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Decision that
                && allowed == that.allowed
                && neverAdmissible == that.neverAdmissible
                && overflow == that.overflow
                && Objects.equals(retryAfter, that.retryAfter)
                && Objects.equals(deniedBy, that.deniedBy)
                && limits.equals(that.limits);
    }

    @Override
    public int hashCode() {
        return Objects.hash(allowed, neverAdmissible, overflow, retryAfter, deniedBy, limits);
    }

    @Override
    public String toString() {
        String outcome = allowed ? "allowed" : neverAdmissible ? "never admissible" : "denied";
        String wait = allowed || retryAfter == null ? "" : ", retry after " + retryAfter;
        String by = deniedBy == null ? "" : " by " + deniedBy;
        return "Decision[" + outcome + by + wait + (overflow ? ", overflow" : "") + ", " + limits + "]";
    }
}
