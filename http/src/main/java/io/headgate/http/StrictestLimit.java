package io.headgate.http;

import io.headgate.LimitStatus;
import java.time.Duration;
import java.util.List;

/** Chooses the one limit that a client should hear about where there is room for one only. */
final class StrictestLimit {

    private StrictestLimit() {}

    /** Of the violated limits the one with the longest wait for so many permits, else the one with the fewest left. */
    static LimitStatus of(List<LimitStatus> limits, long permits) {
        LimitStatus best = limits.get(0);
        for (LimitStatus status : limits.subList(1, limits.size())) {
            if (status.violated() == best.violated()
                    ? (status.violated()
                            ? waitNanos(status, permits) > waitNanos(best, permits)
                            : status.remaining() < best.remaining())
                    : status.violated()) {
                best = status;
            }
        }
        return best;
    }

    /**
     * Nanoseconds until so many permits are there: the time until the bucket is full, less the time in which the part
     * that is not needed comes. More than the capacity never come. Only compared, so a double is exact enough.
     */
    private static double waitNanos(LimitStatus status, long permits) {
        long spare = status.limit().capacity() - permits;
        if (spare < 0) {
            return Double.POSITIVE_INFINITY;
        }
        double interval = nanos(status.limit().refillTime()) / status.limit().capacity();
        return nanos(status.resetAfter()) - spare * interval;
    }

    /** Also those of a duration that has more of them than a {@code long} holds. */
    static double nanos(Duration duration) {
        return duration.toSeconds() * 1e9 + duration.toNanosPart();
    }
}
