package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.Measurements;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an address table says that it occupies, at every moment. What the heap says to that is in MemoryTest. */
class TableMemoryTest {

    private static final long SECOND = 1_000_000_000L;
    private static final String[] LIMITS = {"1/s burst 100", "2/s burst 300", "3/s burst 500"};

    private final Random random = new Random(1);

    private static AddressTable table(long maxKeys, int limits) {
        TokenBucket[] buckets = new TokenBucket[limits];
        for (int i = 0; i < limits; i++) {
            buckets[i] = new TokenBucket(Limit.parse(LIMITS[i]));
        }
        return Tables.usual(maxKeys, new SplittableRandom(1), buckets);
    }

    private static ClientAddress client(long number) {
        return ClientAddress.ofBits(3L << 60 | ((number * 0x9E37_79B9_7F4A_7C15L) >>> 4), 1);
    }

    private static boolean isIn(AddressTable table, long number) {
        return table.apply(client(number), Operation.LOOK, 1, 0, null) != Buckets.ABSENT;
    }

    /** Answers how much of what may be occupied is. */
    private static double assertSmall(AddressTable table, int limits) {
        long most = (64 << 10) + (64 + 24L * (limits - 1)) * table.size();
        assertThat(table.presentBytes()).as("with %s clients", table.size()).isLessThanOrEqualTo(most);
        return (double) table.presentBytes() / most;
    }

    @ParameterizedTest
    @CsvSource({"1", "3561", "1000000", "1000000000", "1073741824"})
    void aNewTableIsSmall(long maxKeys) {
        assertThat(table(maxKeys, 1).presentBytes()).isLessThan(1_000);
    }

    /** Up to the cap by clients that owe, down by time and a sweep that goes on in small pieces, and up again half way. */
    @ParameterizedTest
    @CsvSource({"1, 1", "100, 1", "1000, 1", "3561, 1", "3562, 2", "10000, 3", "100000, 1", "100000, 2", "1000000, 1"})
    void memoryFollowsTheClientsUpAndDown(int maxKeys, int limits) {
        AddressTable table = table(maxKeys, limits);
        long empty = table.presentBytes();
        double worst = 0;
        long next = 0;
        long now = 0;
        for (int round = 0; round < 2; round++) {
            while (table.size() < maxKeys) {
                ClientAddress client = client(next++);
                assertThat(table.insert(client, false, now)).isTrue();
                table.apply(client, Operation.TAKE, 1 + random.nextInt(100), now, null);
                worst = Math.max(worst, assertSmall(table, limits));
            }
            assertThat(table.presentBytes()).isEqualTo(table.memoryBytes());
            long end = now + (round == 0 ? 50 : 101) * SECOND;
            for (; now <= end; now += SECOND) {
                for (BucketStore.SweepCursor cursor = table.sweepCursor(); cursor.hasNext(); cursor.rest()) {
                    cursor.evict(now, 1 + random.nextInt(256));
                    worst = Math.max(worst, assertSmall(table, limits));
                }
            }
        }
        Measurements.print(
                "%d keys, %d limits: %d bytes empty, %d full (%.1f a key), at worst %.2f of what it may be",
                maxKeys, limits, empty, table.memoryBytes(), (double) table.memoryBytes() / maxKeys, worst);
        assertThat(table.size()).isZero();
        assertThat(table.presentBytes()).isEqualTo(empty);
    }

    @ParameterizedTest
    @CsvSource({"1000000, 1, 19.1", "1250000, 1, 19.1", "1830000, 1, 19.1", "10000000, 1, 19.1", "1000000, 2, 28.5"})
    void aFullTableTakesFewBytesAClient(long maxKeys, int limits, double most) {
        assertThat((double) table(maxKeys, limits).memoryBytes() / maxKeys).isLessThanOrEqualTo(most);
    }

    /** Nobody sweeps: those who have not come for a second make room for those who come. */
    @Test
    void memoryFollowsTheClientsAlsoWithoutASweeper() {
        AddressTable table = table(1_000_000, 1);
        int wave = 10_000;
        long next = 0;
        for (long now = 0; now < 100 * SECOND; now += 2 * SECOND) {
            for (int i = 0; i < wave; i++) {
                ClientAddress client = client(next++);
                assertThat(table.insert(client, true, now)).isTrue();
                table.apply(client, Operation.TAKE, 1, now, null);
            }
            assertThat(table.presentBytes()).isLessThanOrEqualTo((64 << 10) + 64 * wave);
        }
    }

    /** Each part in turn evicts nearly all of its clients when one comes, and keeps no slots for them. */
    @ParameterizedTest
    @CsvSource({"3481, 7122, 1", "14000, 1000000, 1", "220000, 1000000, 1", "220000, 1000000, 2"})
    void whatIsEvictedWithoutASweepGivesItsMemoryBack(int clients, int maxKeys, int limits) {
        AddressTable table = table(maxKeys, limits);
        for (int i = 0; i < clients; i++) {
            table.insert(client(i), true, 0);
            table.apply(client(i), Operation.TAKE, 1, 0, null);
        }
        long later = 3_600 * SECOND;
        for (int i = clients; i < 2 * clients; i++) {
            table.insert(client(i), true, later);
            table.apply(client(i), Operation.TAKE, 1, later, null);
            assertSmall(table, limits);
        }
    }

    /** A client whose bucket is full again as soon as it comes is not evicted while it keeps coming. */
    @Test
    void whoComesOftenIsNotEvictedToSaveMemory() {
        AddressTable table = table(1_000_000, 1);
        int often = 1_000;
        int newcomers = 20_000;
        long now = 0;
        for (int i = 0; i < newcomers; i++, now += SECOND / 1_000) {
            table.insert(client(i), true, now);
            table.apply(client(i), Operation.TAKE, 100, now, null);
            table.insert(client(-1 - i % often), true, now);
            table.apply(client(-1 - i % often), Operation.TAKE, 1, now, null);
        }
        for (int i = 0; i < often; i++) {
            assertThat(isIn(table, -1 - i)).isTrue();
        }
    }
}
