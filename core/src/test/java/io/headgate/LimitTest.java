package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitTest {

    @ParameterizedTest
    @CsvSource({
        "100/minute, 100-per-60s, 100, PT1M, 100",
        "10/s burst 20, 10-per-1s, 10, PT1S, 20",
        "5/250ms, 5-per-250ms, 5, PT0.25S, 5",
        "1000/hour burst 50, 1000-per-3600s, 1000, PT1H, 50",
        "1/30days, 1-per-2592000s, 1, PT720H, 1",
        "3/7us, 3-per-7us, 3, PT0.000007S, 3",
        "1/ns, 1-per-1ns, 1, PT0.000000001S, 1",
        "1000/400d burst 5, 1000-per-34560000s, 1000, PT9600H, 5",
        "2/1500ms, 2-per-1500ms, 2, PT1.5S, 2",
        "7/2 MINUTES BURST 9, 7-per-120s, 7, PT2M, 9",
        "' 1 / m ', 1-per-60s, 1, PT1M, 1",
        "1/h, 1-per-3600s, 1, PT1H, 1",
        "1/d, 1-per-86400s, 1, PT24H, 1",
    })
    void reads(String text, String name, long permits, Duration period, long capacity) {
        assertThat(Limit.parse(text)).isEqualTo(new Limit(name, permits, period, capacity));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "100",
                "100/",
                "/minute",
                "100/fortnight",
                "100 per minute",
                "-1/s",
                "1.5/s",
                "1/s burst",
                "1/s burst -1",
                "1/s burst 0",
                "0/s",
                "1/0s",
                "1/s burst 2 burst 3",
                "1/s, 2/m",
                "١/s",
                "1/ſ",
                "99999999999999999999/s",
                "2/ns",
                "1000000001/s",
                "1/366days",
                "1/day burst 366",
                "1/s;",
                "1\\s",
                "1/999999999999999999days",
            })
    void refusesAndShowsTheAcceptedForm(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse(text))
                .withMessageContaining("\"" + text + "\"")
                .withMessageContaining("PERMITS/[COUNT]UNIT [burst CAPACITY]");
    }

    @Test
    void takesItsNameFromItsRate() {
        assertThat(Limit.of(100, Duration.ofSeconds(60)).name()).isEqualTo("100-per-60s");
        assertThat(Limit.of(100, Duration.ofSeconds(60)).burst(7).name()).isEqualTo("100-per-60s");
        assertThat(Limit.parse("1/s").named("burst").name()).isEqualTo("burst");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "naïve", "a\nb", "tab\t", "\u007f"})
    void refusesNamesThatAHeaderCannotCarry(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse("1/s").named(name))
                .withMessageContaining("printable ASCII");
    }

    @Test
    void refusesWhatABucketCannotHold() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(0, Duration.ofSeconds(1)))
                .withMessageContaining("permits must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ZERO))
                .withMessageContaining("period");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofSeconds(-1)))
                .withMessageContaining("period");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(2, Duration.ofNanos(1)))
                .withMessageContaining("one permit a nanosecond");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofDays(366)))
                .withMessageContaining("365 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofSeconds(Long.MAX_VALUE)))
                .withMessageContaining("365 days");
        assertThat(Limit.of(3, Duration.ofDays(365)).capacity()).isEqualTo(3);
        assertThat(new Limit("slow", 1000, Duration.ofDays(200_000), 1).refillTime())
                .isEqualTo(Duration.ofDays(200));
    }

    @Test
    void refillTimeIsRoundedUp() {
        assertThat(Limit.parse("10/s burst 20").refillTime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(Limit.parse("3/s burst 1").refillTime()).isEqualTo(Duration.ofNanos(333_333_334));
    }
}
