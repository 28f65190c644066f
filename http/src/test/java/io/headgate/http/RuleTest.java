package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.Limit;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patterns and the text of rules. */
class RuleTest {

    @ParameterizedTest
    @CsvSource({
        "/login, /login, true",
        "/login, /login/, false",
        "/login, /loginx, false",
        "/login, /LOGIN, false",
        "/login/*, /login, true",
        "/login/*, /login/, true",
        "/login/*, /login/a/b, true",
        "/login/*, /loginx, false",
        "/login/*, /a/login, false",
        "*.css, /a/b.css, true",
        "*.css, /.css, true",
        "*.css, /a.css/b, false",
        "*.css, /a.scss, false",
        "*.css, /css, false",
        "/, /anything, true",
        "/*, /anything/at.all, true",
        "/*, '', true",
        "/a b, /a b, true"
    })
    void patternsMatchAsServletMappingsDo(String pattern, String path, boolean matches) {
        if (pattern.contains(" ")) {
            assertThatIllegalArgumentException().isThrownBy(() -> Rule.unlimited(pattern));
        } else {
            assertThat(Rule.unlimited(pattern).matches("GET", path)).isEqualTo(matches);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/**",
                "/**",
                "/users/{id}",
                "/a/*/b",
                "/api*",
                "*",
                "**",
                "*.",
                "*.tar.gz",
                "login",
                "",
                "/a?",
                "/a?b=c",
                "/a;b",
                "/a%20b",
                "/a#b",
                "*.c*",
                "/*.css",
                "*/a"
            })
    void whatWouldSilentlyNeverMatchIsRefused(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.limits(pattern, Limit.parse("1/s")))
                .withMessageContaining("\"" + pattern + "\"")
                .withMessageContaining("/api/*")
                .withMessageContaining("*.css");
    }

    @Test
    void aFullRule() {
        Rule rule = Rule.parse("login: POST,PUT /login/* 5/minute, 50/day burst 10 cost 2 dry-run charge-on 401, 403");
        assertThat(rule.name()).isEqualTo("login");
        assertThat(rule.limits()).containsExactly(Limit.parse("5/minute"), Limit.parse("50/day burst 10"));
        assertThat(rule.cost()).hasValue(2);
        assertThat(rule.isDryRun()).isTrue();
        assertThat(rule.matches("POST", "/login")).isTrue();
        assertThat(rule.matches("PUT", "/login")).isTrue();
        assertThat(rule.matches("GET", "/login")).isFalse();
        ChargeOn chargeOn = Objects.requireNonNull(rule.chargeOn());
        assertThat(chargeOn.charges(new FakeResponse(), 401)).isTrue();
        assertThat(chargeOn.charges(new FakeResponse(), 403)).isTrue();
        assertThat(chargeOn.charges(new FakeResponse(), 200)).isFalse();
    }

    @Test
    void theShortestRules() {
        Rule limited = Rule.parse("/a 1/s");
        assertThat(limited.name()).isEqualTo("/a");
        assertThat(limited.cost()).isEmpty();
        assertThat(limited.isDryRun()).isFalse();
        assertThat(limited.chargeOn()).isNull();
        assertThat(limited.matches("BREW", "/a")).isTrue();
        assertThat(Rule.parse("  *.css   unlimited ").limits()).isEmpty();
    }

    @Test
    void aRuleWithoutANameIsCalledByWhatItIsFor() {
        assertThat(Rule.parse("POST /login/* 1/s cost 2 dry-run").name()).isEqualTo("POST /login/*");
        assertThat(Rule.parse("PUT,PATCH,POST *.css 1/s").name())
                .isEqualTo(Rule.parse("POST,PUT,PATCH *.css 2/s").name())
                .isEqualTo("PATCH,POST,PUT *.css");
    }

    @Test
    void optionsComeInAnyOrder() {
        Rule rule = Rule.parse("/a 1/s charge-on 401 dry-run cost 3");
        assertThat(rule.cost()).hasValue(3);
        assertThat(rule.isDryRun()).isTrue();
        assertThat(rule.chargeOn()).isNotNull();
    }

    @Test
    void numbersHaveUpToNineDigits() {
        assertThat(Rule.parse("/a 1/s cost 123456789").cost()).hasValue(123_456_789);
        assertThat(Rule.parse("/a 1/s cost 908").cost()).hasValue(908);
    }

    @Test
    void everyStatusMayBeCharged() {
        ChargeOn ends = ChargeOn.statuses(599, 100);
        assertThat(ends.charges(new FakeResponse(), 100)).isTrue();
        assertThat(ends.charges(new FakeResponse(), 599)).isTrue();
        assertThat(ends.charges(new FakeResponse(), 200)).isFalse();
    }

    @Test
    void getCoversHead() {
        assertThat(Rule.parse("GET / 1/s").matches("HEAD", "/a")).isTrue();
        assertThat(Rule.parse("HEAD / 1/s").matches("HEAD", "/a")).isTrue();
        assertThat(Rule.parse("HEAD / 1/s").matches("GET", "/a")).isFalse();
        assertThat(Rule.parse("POST / 1/s").matches("HEAD", "/a")).isFalse();
    }

    @Test
    void linesAreRulesInOrder() {
        assertThat(RuleText.parseLines("\n\t/b 1/s\r\n\n  /a unlimited\n"))
                .extracting(Rule::name)
                .containsExactly("/b", "/a");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/a",
                "1/s",
                "/a 1/fortnight",
                "/a 1/s,",
                "/a ,1/s",
                "/a unlimited 1/s",
                "/a unlimited, 1/s",
                "post /a 1/s",
                "POST, PUT /a 1/s",
                "POST",
                "x: POST",
                "x:",
                ": /a 1/s",
                "/a/** 1/s",
                "/a 1/s cost",
                "/a 1/s cost -1",
                "/a 1/s cost x",
                "/a 1/s cost +1",
                "/a 1/s cost 1 2",
                "/a 1/s charge-on 4 01",
                "/a 1/s cost 1 cost 2",
                "/a 1/s charge-on",
                "/a 1/s charge-on 99",
                "/a 1/s charge-on 401,",
                "/a 1/s charge-on 600",
                "/a 1/s dry-run now",
                "/a 1/s dryrun",
                "/a cost 2",
                "/a 1/s cost 1234567890"
            })
    void aMalformedRuleShowsItselfAndTheForm(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse(text))
                .withMessageContaining("\"" + text + "\" is not a rule")
                .withMessageContaining("[METHOD[,METHOD]] PATTERN");
    }

    @Test
    void theMessageSaysWhatIsWrong() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("x: POST"))
                .withMessageContaining(": unexpected end of rule; the form is");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/a cost 2"))
                .withMessageContaining(": it has neither limits nor \"unlimited\"; the form is");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/a 1/s cost 1 cost 2"))
                .withMessageContaining(": \"cost\" appears twice; the form is");
    }

    @Test
    void mistakesInCode() {
        Rule rule = Rule.unlimited("/a");
        assertThatIllegalArgumentException().isThrownBy(() -> rule.cost(-1)).withMessageContaining("-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rule.methods("post"))
                .withMessageContaining("post");
        assertThatIllegalArgumentException().isThrownBy(() -> rule.named(" "));
        assertThatIllegalArgumentException().isThrownBy(ChargeOn::statuses);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ChargeOn.statuses(401, 99))
                .withMessageContaining("99");
    }

    @Test
    void aRuleMayAlsoBeMeantBelowAPath() {
        Rule rule =
                Rule.parse("login: POST /Login/* 5/minute").alsoBelow("/app").chargeOn(ChargeOn.statuses(401));
        assertThat(rule.name()).isEqualTo("login");
        for (String path : List.of("/Login", "/Login/x", "/app/Login", "/app/Login/x")) {
            assertThat(rule.matches("POST", path)).as(path).isTrue();
            assertThat(rule.matchesLeniently("POST", path.toLowerCase(Locale.ROOT)))
                    .isTrue();
        }
        for (String path : List.of("/app", "/apps/Login", "/other/Login", "/app/app/Login", "/app/Logins")) {
            assertThat(rule.matches("POST", path)).as(path).isFalse();
        }
        Rule unnamed = Rule.parse("/login 5/minute").alsoBelow("/app");
        assertThat(unnamed.name()).isEqualTo("/login");
        for (String pattern : List.of("/", "/*", "*.css")) {
            Rule everywhere = Rule.unlimited(pattern);
            assertThat(everywhere.alsoBelow("/app")).isSameAs(everywhere);
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rule.parse("/a 1/s").alsoBelow("/a*"));
    }
}
