package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class SharedBucketsTest {

    private static final long YEAR = Duration.ofDays(365).toNanos();

    private final TokenBucket bucket = new TokenBucket(Limit.parse("1000000/s burst 2"));
    private final SharedBuckets<String> shared = new SharedBuckets<>(new TokenBucket[] {bucket}, String::hashCode, 7);

    @Test
    void bucketsThatAreLeftAloneForYearsStayFullIfTheyAreSwept() {
        shared.update("a", 0, TokenBucket::take, 2, 0);
        for (int year = 1; year <= 5; year++) {
            shared.renewFull(year * YEAR);
            assertThat(shared.debt("a", year * YEAR)).isNull();
            assertThat(bucket.available(shared.read("a", 0), year * YEAR)).isEqualTo(2);
        }
    }

    /** A thread falls asleep in its charge while the bucket is spent, refilled and renewed: its permit is not free. */
    @Test
    void aChargeThatWasOvertakenDoesNotTakeARenewedBucketForTheOldOne() {
        long late = 1_000_000;
        boolean[] first = {true};
        TokenBucket.Step overtaken = (charged, word, permits, now) -> {
            if (first[0]) {
                first[0] = false;
                shared.update("a", 0, TokenBucket::take, 2, 0);
                shared.renewFull(late);
            }
            return charged.take(word, permits, now);
        };
        boolean admitted = bucket.admits(shared.update("a", 0, overtaken, 1, 0), 1, 0);
        assertThat(bucket.available(shared.read("a", 0), late)).isEqualTo(admitted ? 1 : 2);
    }
}
