package io.headgate.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.headgate.http.Rule;

/** Any text is a rule, or an {@link IllegalArgumentException} that says what is. */
class RuleFuzzTest {

    @FuzzTest(maxDuration = "30s")
    void parse(byte[] input) {
        Rule rule;
        try {
            rule = Rule.parse(new String(input, UTF_8));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageMatching("(?s).+");
            return;
        }
        assertThat(rule.name()).isNotEmpty();
        assertThat(rule.limits()).doesNotContainNull();
    }
}
