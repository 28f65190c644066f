package io.headgate.http;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * What a limiter of requests has done. Each request is counted once, by what became of it. The counts are read one after
 * another while requests go on. Immutable.
 *
 * <pre>{@code
 * long before = limits.stats().denied();
 * // ... a minute later
 * long deniedInThatMinute = limits.stats().denied() - before;
 * }</pre>
 */
public final class FilterStats {

    /** No request yet. */
    public static final FilterStats NONE = new FilterStats(Map.of(), 0, 0);

    private final Map<RequestOutcome, Long> outcomes;
    private final long failed;
    private final long refunded;

    FilterStats(Map<RequestOutcome, Long> outcomes, long failed, long refunded) {
        this.outcomes = new EnumMap<>(RequestOutcome.class);
        for (RequestOutcome outcome : RequestOutcome.values()) {
            this.outcomes.put(outcome, outcomes.getOrDefault(outcome, 0L));
        }
        this.failed = failed;
        this.refunded = refunded;
    }

    /**
     * Requests that a limiter admitted.
     *
     * @return the count
     */
    public long allowed() {
        return of(RequestOutcome.ALLOWED);
    }

    /**
     * Requests that were denied.
     *
     * @return the count
     */
    public long denied() {
        return of(RequestOutcome.DENIED);
    }

    /**
     * Requests that would have been denied, were it not for a dry run.
     *
     * @return the count
     */
    public long dryRunDenied() {
        return of(RequestOutcome.DRY_RUN_DENIED);
    }

    /**
     * Requests from an exempt address.
     *
     * @return the count
     */
    public long exempt() {
        return of(RequestOutcome.EXEMPT);
    }

    /**
     * Requests that no limit applied to: an unlimited rule, a cost of 0, a pre-flight.
     *
     * @return the count
     */
    public long uncharged() {
        return of(RequestOutcome.UNCHARGED);
    }

    /**
     * Requests that passed because they had no address ({@link NoAddress#ALLOW}).
     *
     * @return the count
     */
    public long unaddressed() {
        return of(RequestOutcome.UNADDRESSED);
    }

    /**
     * Failures of the limiter, the resolver or a function of yours, whatever then became of the request.
     *
     * @return the count
     */
    public long failed() {
        return failed;
    }

    /**
     * Requests that could not be decided, since the limiter, the resolver or a function of yours failed: whether they passed
     * is configured ({@link OnFailure}). Failures after the decision are not among them.
     *
     * @return the count
     */
    public long undecided() {
        return of(RequestOutcome.FAILED_OPEN) + of(RequestOutcome.FAILED_CLOSED);
    }

    /**
     * Requests whose {@linkplain io.headgate.Limit permits} were given back because of {@link ChargeOn} or
     * {@link CostAfter}; counted as allowed as well.
     *
     * @return the count
     */
    public long refunded() {
        return refunded;
    }

    /**
     * The sum of two.
     *
     * @param other such as those of an earlier run
     * @return every count of both
     */
    public FilterStats plus(FilterStats other) {
        Map<RequestOutcome, Long> sum = new EnumMap<>(RequestOutcome.class);
        for (RequestOutcome outcome : RequestOutcome.values()) {
            sum.put(outcome, of(outcome) + other.of(outcome));
        }
        return new FilterStats(sum, failed + other.failed, refunded + other.refunded);
    }

    private long of(RequestOutcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FilterStats that
                && outcomes.equals(that.outcomes)
                && failed == that.failed
                && refunded == that.refunded;
    }

    @Override
    public int hashCode() {
        return Objects.hash(outcomes, failed, refunded);
    }

    @Override
    public String toString() {
        return "FilterStats[allowed=" + allowed() + ", denied=" + denied() + ", dryRunDenied=" + dryRunDenied()
                + ", exempt=" + exempt() + ", uncharged=" + uncharged() + ", unaddressed=" + unaddressed() + ", failed="
                + failed + ", undecided=" + undecided() + ", refunded=" + refunded + "]";
    }
}
