package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that spreads what is left over the time it is told gets nearly all that its limit allows, and is never denied. */
class PacedClientTest {

    private static final Pattern STATE = Pattern.compile("\"[^\"]*\";r=(\\d+);t=(\\d+)");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "500/hour",
                "100/minute",
                "100/minute burst 20",
                "10/second burst 200",
                "1/minute",
                "5/minute",
                "1000/hour burst 50",
                "7/11s",
                "60/minute burst 600"
            })
    void isNeverDeniedAndLosesLessThanATenth(String text) {
        Limit limit = Limit.parse(text);
        FakeTicker ticker = new FakeTicker();
        LocalLimiter<ClientAddress> limiter = Buckets.of(text, ticker);
        RequestLimiter limits = RequestLimiter.builder(limiter).build();
        double refill = limit.refillTime().toNanos();
        double end = 10 * refill;
        double now = 0;
        long sent = 0;
        while (now < end) {
            Served served = Served.by(limits, new FakeRequest());
            assertThat(served.status()).isEqualTo(200);
            sent++;
            Matcher state = STATE.matcher(served.response().field("RateLimit"));
            assertThat(state.matches()).isTrue();
            long left = Long.parseLong(state.group(1));
            double next = Double.parseDouble(state.group(2)) * 1e9 / Math.max(1, left);
            ticker.advance(Duration.ofNanos((long) Math.ceil(next)));
            now += Math.ceil(next);
        }
        double rate = limit.capacity() / refill;
        assertThat((double) sent).isGreaterThanOrEqualTo(0.9 * rate * now);
    }
}
