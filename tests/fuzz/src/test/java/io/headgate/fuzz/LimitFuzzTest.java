package io.headgate.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.Limit;
import java.time.Duration;

/** Any text is a limit within its stated ranges, or an {@link IllegalArgumentException} that shows the form. */
class LimitFuzzTest {

    /** A year, and what rounding may add to it. */
    private static final Duration MOST = Duration.ofDays(365).multipliedBy(5).dividedBy(4);

    @FuzzTest(maxDuration = "30s")
    void parse(byte[] input) {
        String text = new String(input, UTF_8);
        Limit limit;
        try {
            limit = Limit.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).contains("is not a limit").contains("the form is");
            return;
        }
        assertThat(limit.permits()).isPositive();
        assertThat(limit.capacity()).isPositive();
        assertThat(limit.period()).isPositive();
        assertThat(limit.refillTime()).isPositive().isLessThanOrEqualTo(MOST);
        int end = text.indexOf('=');
        if (end >= 0) {
            String name = text.substring(0, end).strip();
            assertThat(limit.name()).isEqualTo(name).matches("[ -~]+");
            Limit unnamed = Limit.parse(text.substring(end + 1));
            assertThat(limit).isEqualTo(unnamed.named(name));
            limit = unnamed;
        }
        // The name holds the period in the largest unit that fits; more than 18 digits are not read back.
        String period = limit.name().substring((limit.permits() + "-per-").length());
        if (period.chars().filter(Character::isDigit).count() <= 18) {
            String canonical = limit.permits() + "/" + period + " burst " + limit.capacity();
            assertThat(Limit.parse(canonical)).isEqualTo(limit);
        }
    }
}
