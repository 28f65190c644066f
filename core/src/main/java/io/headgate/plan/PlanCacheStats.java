package io.headgate.plan;

/**
 * What a {@link PlanCache} has done since it was built, and what it holds now. The numbers are read one after another, so
 * those of a cache at work may differ by a few calls.
 *
 * <pre>{@code
 * PlanCacheStats stats = plans.stats();
 * boolean sourceInTrouble = stats.failures() + stats.timeouts() > stats.loads() / 2;
 * }</pre>
 */
public final class PlanCacheStats {

    private final long hits;
    private final long misses;
    private final long loads;
    private final long found;
    private final long absent;
    private final long failures;
    private final long timeouts;
    private final long rejected;
    private final int underWay;
    private final long size;
    private final long remembered;

    PlanCacheStats(
            long hits,
            long misses,
            long loads,
            long found,
            long absent,
            long failures,
            long timeouts,
            long rejected,
            int underWay,
            long size,
            long remembered) {
        this.hits = hits;
        this.misses = misses;
        this.loads = loads;
        this.found = found;
        this.absent = absent;
        this.failures = failures;
        this.timeouts = timeouts;
        this.rejected = rejected;
        this.underWay = underWay;
        this.size = size;
        this.remembered = remembered;
    }

    /**
     * Look-ups that found a plan.
     *
     * @return the count so far
     */
    public long hits() {
        return hits;
    }

    /**
     * Look-ups that found none: for what reason ever, null was the answer.
     *
     * @return the count so far
     */
    public long misses() {
        return misses;
    }

    /**
     * Calls of the source, refreshes included.
     *
     * @return the count so far
     */
    public long loads() {
        return loads;
    }

    /**
     * Loads that brought a plan within the timeout.
     *
     * @return the count so far
     */
    public long found() {
        return found;
    }

    /**
     * Loads that brought the answer within the timeout that there is no plan.
     *
     * @return the count so far
     */
    public long absent() {
        return absent;
    }

    /**
     * Loads that failed within the timeout.
     *
     * @return the count so far
     */
    public long failures() {
        return failures;
    }

    /**
     * Loads that had no answer within the timeout, those that no thread was free for included.
     *
     * @return the count so far
     */
    public long timeouts() {
        return timeouts;
    }

    /**
     * Loads that were due and not started: {@code maxLoads} were under way, the executor took no task, or the cache is
     * closed.
     *
     * @return the count so far
     */
    public long rejected() {
        return rejected;
    }

    /**
     * Loads that are under way: those that wait for a thread or for their answer, and those that have had their timeout and
     * still keep a thread.
     *
     * @return a number of loads, {@code maxLoads} at most
     */
    public int underWay() {
        return underWay;
    }

    /**
     * Plans that are held.
     *
     * @return a number of keys, about {@code maxKeys} at most
     */
    public long size() {
        return size;
    }

    /**
     * Keys without a plan that are remembered: unknown ones, those whose load failed, and those that are being loaded.
     *
     * @return a number of keys, about {@code maxKeys} and {@code maxLoads} at most
     */
    public long remembered() {
        return remembered;
    }

    /** All numbers, for people. */
    @Override
    public String toString() {
        return "PlanCacheStats[hits=" + hits + ", misses=" + misses + ", loads=" + loads + ", found=" + found
                + ", absent=" + absent + ", failures=" + failures + ", timeouts=" + timeouts + ", rejected=" + rejected
                + ", underWay=" + underWay + ", size=" + size
                + ", remembered=" + remembered + "]";
    }
}
