package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class RefusalsTest {

    private final FakeTicker ticker = new FakeTicker();
    private final Refusals refusals = new Refusals(ticker);

    private static long lines(CapturedOutput output, String client) {
        return output.getAll()
                .lines()
                .filter(line -> line.contains(client + " is denied"))
                .count();
    }

    @Test
    void writesOneLineAMinuteForAClient(CapturedOutput output) {
        Consumer<ClientAddress> denied = refusals.by("default", false);
        ClientAddress client = ClientAddress.parse("192.0.2.1");
        denied.accept(client);
        ticker.advance(Duration.ofSeconds(59));
        denied.accept(client);
        assertThat(lines(output, "192.0.2.1")).isEqualTo(1);
        ticker.advance(Duration.ofSeconds(1));
        denied.accept(client);
        assertThat(lines(output, "192.0.2.1")).isEqualTo(2);
        assertThat(refusals.clients().top(5)).containsExactly(new Hit<>(client, 3, 0));
    }

    @Test
    void saysThatADryRunDeniesNobody(CapturedOutput output) {
        refusals.by("search", true).accept(ClientAddress.parse("2001:DB8::0"));
        assertThat(output).contains("2001:db8:: would be denied by the limiter \"search\"");
    }

    /** A network is one client, whatever addresses of it come. */
    @Test
    void aNetworkOfManyAddressesWritesOneLine(CapturedOutput output) {
        LocalLimiter<ClientAddress> limiter = Limiter.forAddresses(Limit.parse("1/day"))
                .ticker(ticker)
                .sweepInterval(Duration.ZERO)
                .onDenied(refusals.by("default", false))
                .build();
        for (int i = 0; i < 5_000; i++) {
            limiter.tryAcquire(ClientAddress.parse("2001:db8:1:2::" + Integer.toHexString(i)));
        }
        for (String address : List.of("192.0.2.1", "::ffff:192.0.2.1", "64:ff9b::192.0.2.1")) {
            limiter.tryAcquire(ClientAddress.parse(address));
        }
        assertThat(output.getAll().lines().filter(line -> line.contains("2001:db8:1:2:")))
                .singleElement()
                .asString()
                .contains("2001:db8:1:2:: is denied");
        assertThat(output).doesNotContain("::ffff:").doesNotContain("64:ff9b:");
        assertThat(refusals.clients().top(5))
                .containsExactly(
                        new Hit<>(ClientAddress.parse("2001:db8:1:2::"), 4_999, 0),
                        new Hit<>(ClientAddress.parse("192.0.2.1"), 2, 0));
    }

    /** However many clients are denied, the log grows by a bounded number of lines a minute. */
    @Test
    void aFloodOfClientsDoesNotFloodTheLog(CapturedOutput output) {
        Consumer<ClientAddress> denied = refusals.by("default", false);
        for (int i = 0; i < 20_000; i++) {
            denied.accept(ClientAddress.parse("10.1." + (i >> 8) + "." + (i & 255)));
        }
        assertThat(output.getAll().lines().filter(line -> line.contains("is denied")))
                .hasSizeBetween(1, 1024);
    }
}
