package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.Measurements;
import java.time.Duration;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What debtors that overflowed do to clients who never came before, and what the memory of them costs. */
class NewcomersTest {

    private final FakeTicker ticker = new FakeTicker();
    private final Random random = new Random(5);

    private ClientAddress ipv4() {
        return ClientAddress.parse((1 + random.nextInt(190)) + "." + random.nextInt(256) + "." + random.nextInt(256)
                + "." + random.nextInt(256));
    }

    /** Who comes for the first time, with room, pays for another exactly if it has that one's cell. */
    @Test
    void aNewcomerSharesACellWithADebtorByChance() {
        for (int debtors : new int[] {500, 2_000, 8_000}) {
            LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("100/day"))
                    .maxKeys(1)
                    .random(new SplittableRandom(1))
                    .ticker(ticker)
                    .sweepInterval(Duration.ZERO)
                    .build();
            ClientAddress only = ClientAddress.parse("2001:db8::1");
            limiter.tryAcquire(only);
            for (int i = 0; i < debtors; i++) {
                limiter.tryAcquire(ipv4());
            }
            assertThat(limiter.stats().allowed()).isEqualTo(1 + debtors);
            limiter.reset(only); // room for one
            int newcomers = 20_000;
            int paying = 0;
            for (int i = 0; i < newcomers; i++) {
                Decision decision = limiter.peek(ipv4(), 100);
                assertThat(decision.overflow()).isFalse();
                paying += decision.allowed() ? 0 : 1;
            }
            double expected = 1 - Math.pow(1 - 1.0 / (1 << 16), debtors);
            Measurements.print(
                    "%d debtors: %.2f %% of %d newcomers have a debtor's cell, expected %.2f %%",
                    debtors, 100.0 * paying / newcomers, newcomers, 100 * expected);
            assertThat((double) paying / newcomers).isBetween(0.8 * expected, 1.2 * expected);
            assertThat(debtors > 2_000 || paying < newcomers / 25).isTrue();
        }
    }

    @Test
    void theMemoryOfWhoOverflowedIsToldAndOnlyUnderShare() {
        long shared =
                Limiter.forAddresses(Limit.parse("1/s")).maxKeys(10).build().memoryBytes();
        long denied = Limiter.forAddresses(Limit.parse("1/s"))
                .maxKeys(10)
                .overflow(Overflow.DENY)
                .build()
                .memoryBytes();
        assertThat(shared - denied).isEqualTo(2 * (16 + 1024 * 65 * 8));
    }
}
