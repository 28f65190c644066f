package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DrainTest {

    @ParameterizedTest
    @CsvSource({
        "10MB in 5s, 10000000, PT5S",
        "10 mb  in  500ms, 10000000, PT0.5S",
        "1kB in 5m, 1000, PT5M",
        "1B in 1ms, 1, PT0.001S",
        "1000MB IN 300S, 1000000000, PT5M",
        "none, 0, PT0S",
        "None, 0, PT0S"
    })
    void isReadFromTextAndWrittenAsSuch(String text, long bytes, Duration time) {
        Drain drain = Drain.parse(text);
        assertThat(drain).isEqualTo(new Drain(bytes, time));
        assertThat(Drain.parse(drain.toString())).isEqualTo(drain);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10MB",
                "5s",
                "in",
                "10MB 5s",
                "10MB in",
                "MB in 5s",
                "-1MB in 5s",
                "1.5MB in 5s",
                "10MiB in 5s",
                "10GB in 5s",
                "10MB in 5",
                "10MB in 5d",
                "10MB in -5s",
                "0MB in 5s",
                "10MB in 0",
                "10MB in 0s",
                "0B in 0",
                "1001MB in 5s",
                "10MB in 6m",
                "9999999999MB in 5s",
                "99999999999B in 5s",
                "10MB in 5s in 5s",
                "no",
                "off",
                "false"
            })
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Drain.parse(text));
    }

    @Test
    void neitherPartIsZeroAlone() {
        assertThat(new Drain(0, Duration.ZERO)).isEqualTo(Drain.NONE);
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(0, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(1, Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(1, Duration.ofNanos(999_999)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(-1, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(1, Duration.ofSeconds(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(1, Duration.ofSeconds(Long.MAX_VALUE)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Drain(Long.MAX_VALUE, Duration.ofSeconds(1)));
    }
}
