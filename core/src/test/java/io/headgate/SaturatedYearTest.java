package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a client gets that polls all year: errors of a permit would add up. */
class SaturatedYearTest {

    private static final long YEAR = Duration.ofDays(365).toNanos();

    @ParameterizedTest
    @CsvSource({
        // whole units: exact for ever
        "1, 2592000000000000, 10",
        "100, 60000000000, 100",
        "10, 1000000000, 20",
        "1000000, 1000000000, 1000000000",
        "500, 3600000000000, 500",
        "1000000000, 1000000000, 1000000000",
    })
    void aYearOfSaturatedPollingIsExactWherePermitsTakeWholeUnits(long permits, long period, long capacity) {
        Limit limit = new Limit("x", permits, Duration.ofNanos(period), capacity);
        long admitted = saturated(limit);
        BigInteger ideal =
                BigInteger.valueOf(YEAR).multiply(BigInteger.valueOf(permits)).divide(BigInteger.valueOf(period));
        // What is missing is less than what the poller waits for.
        assertThat(admitted - capacity).isBetween(ideal.longValueExact() - capacity, ideal.longValueExact());
    }

    @ParameterizedTest
    @CsvSource({
        "7, 60000000000, 7",
        "3, 1000000000, 20",
        "999983, 1000000000, 1000000000",
        "1000000, 999999999, 500000000",
        "86399, 86400000000000, 100000",
        "700001, 1000000007, 999999937",
    })
    void aYearOfSaturatedPollingIsAtMostTheStatedErrorBelow(long permits, long period, long capacity) {
        Limit limit = new Limit("x", permits, Duration.ofNanos(period), capacity);
        double admitted = saturated(limit) - capacity;
        double ideal = (double) YEAR / period * permits;
        assertThat(admitted / ideal).isBetween((1 - 1e-5) * (1 - 1e-12) - 2 * capacity / ideal, 1.0);
    }

    /** Permits admitted within a year to a client that takes as many as there are whenever half the capacity is. */
    private static long saturated(Limit limit) {
        TokenBucket bucket = new TokenBucket(limit);
        RationalBucket exact = new RationalBucket(limit, 0);
        long state = TokenBucket.NEW;
        long now = 0;
        long admitted = 0;
        long half = Math.max(1, limit.capacity() / 2);
        while (now <= YEAR) {
            long permits = bucket.available(state, now);
            assertThat(exact.admits(permits, now)).isTrue();
            exact.take(permits, now);
            state = bucket.take(state, permits, now);
            admitted += permits;
            now += bucket.nanosUntil(half, state, now);
        }
        return admitted;
    }
}
