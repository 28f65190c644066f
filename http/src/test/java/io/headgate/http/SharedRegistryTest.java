package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Limiters of requests that share a registry, and what the limiters of their rules are called. */
class SharedRegistryTest {

    private static RequestLimiter.Builder in(LimiterRegistry registry, String... rules) {
        RequestLimiter.Builder builder = RequestLimiter.builder()
                .registry(registry)
                .limiterName("general")
                .limits(Limit.perDay(1))
                .sweepInterval(Duration.ZERO);
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder;
    }

    @Test
    void whatOneOfTwoFiltersLetsGoOfTheOtherKeeps() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter kept = in(registry, "login: /login 1/day").build();
        RequestLimiter before = in(registry, "login: /login 1/day", "own: /own 1/day")
                .name("other")
                .build();
        Limiter<?> login = registry.get("login").orElseThrow();
        assertThat(Served.by(kept, new FakeRequest().path("/login")).status()).isEqualTo(200);
        RequestLimiter after = in(registry).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(registry.limiters()).containsOnlyKeys("general", "login").containsEntry("login", login);
        after.close();
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        RequestLimiter later = in(registry, "login: /login 1/day").name("later").build();
        assertThat(Served.by(later, new FakeRequest().path("/login")).status()).isEqualTo(429);
        registry.close();
    }

    @Test
    void oneNameWithDifferentLimitsIsRefused() {
        LimiterRegistry registry = new LimiterRegistry();
        RequestLimiter first = in(registry, "login: /login 5/day").build();
        assertThatIllegalStateException()
                .isThrownBy(() -> in(registry, "new: /new 1/day", "login: /login 6/day")
                        .name("other")
                        .build())
                .withMessageContainingAll("\"login\"", "permits=5", "permits=6");
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        RequestLimiter second = in(registry).name("other").build();
        assertThatIllegalStateException()
                .isThrownBy(() ->
                        in(registry, "new: /new 1/day", "login: /login 6/day").buildInPlaceOf(second));
        assertThat(registry.limiters()).containsOnlyKeys("general", "login");
        // Whoever has it alone may change it, and so may the next once it is closed.
        RequestLimiter changed = in(registry, "login: /login 7/day").buildInPlaceOf(first);
        first.giveWayTo(changed);
        assertThat(registry.get("login").orElseThrow().limits()).containsExactly(Limit.perDay(7));
        changed.close();
        in(registry, "login: /login 8/day").name("third").build();
        assertThat(registry.get("login").orElseThrow().limits()).containsExactly(Limit.perDay(8));
        registry.close();
    }

    @Test
    void aFilterHasTheLimiterThatCodeObtainedAlike() {
        LimiterRegistry registry = new LimiterRegistry();
        Limiter<ClientAddress> obtained = registry.obtain(
                ClientAddress.class,
                Limiter.forAddresses(Limit.perDay(1)).name("general").sweepInterval(Duration.ZERO));
        RequestLimiter before = in(registry).build();
        assertThat(before.limiters().get(0).limiter()).isSameAs(obtained);
        RequestLimiter after = in(registry).limiterName("else").buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(registry.get("general")).containsSame(obtained);
        registry.close();
    }

    @Test
    void aRuleInFrontMovesNoStateToAnotherRule() {
        RequestLimiter before = RequestLimiter.builder()
                .rule(Rule.parse("POST /login 1/day"), Rule.parse("GET,PUT /login 1/day"), Rule.parse("/a 1/day"))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(Served.by(before, new FakeRequest().method("PUT").path("/login"))
                        .status())
                .isEqualTo(200);
        RequestLimiter after = RequestLimiter.builder()
                .rule(
                        Rule.parse("DELETE /login 1/day"),
                        Rule.parse("/a 1/day"),
                        Rule.parse("POST /login 1/day"),
                        Rule.parse("PUT,GET /login 1/day"))
                .sweepInterval(Duration.ZERO)
                .buildInPlaceOf(before);
        before.giveWayTo(after);
        for (String method : List.of("DELETE", "POST")) {
            assertThat(Served.by(after, new FakeRequest().method(method).path("/login"))
                            .status())
                    .as(method)
                    .isEqualTo(200);
        }
        assertThat(Served.by(after, new FakeRequest().method("GET").path("/login"))
                        .status())
                .isEqualTo(429);
        assertThat(Served.by(after, new FakeRequest().path("/a")).status()).isEqualTo(200);
        after.close();
    }

    @Test
    void onlyRulesForTheSameRequestsAreNumbered() {
        RequestLimiter limits = RequestLimiter.builder()
                .rule(Rule.parse("/a 1/day").onlyIf(path -> false), Rule.parse("GET /a 2/day"), Rule.parse("/a 3/day"))
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(limits.limiters()).extracting(use -> use.limiter().name()).containsExactly("/a", "GET /a", "/a (2)");
        limits.close();
    }

    /** Rules that change places must not change names, or what was taken moves to the wrong rule. */
    @Test
    void aNameThatWasGivenIsTheLimitersWhereverTheRuleStands() {
        Rule unnamed = Rule.parse("/a 1/day").onlyIf(path -> path.endsWith("a"));
        Rule named = Rule.parse("/b 1/day").named("/a");
        RequestLimiter before = RequestLimiter.builder()
                .rule(unnamed, named)
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(before.limiters()).extracting(use -> use.limiter().name()).containsExactly("/a (2)", "/a");
        assertThat(Served.by(before, new FakeRequest().path("/a")).status()).isEqualTo(200);
        RequestLimiter after = RequestLimiter.builder()
                .rule(named, unnamed)
                .sweepInterval(Duration.ZERO)
                .buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(Served.by(after, new FakeRequest().path("/a")).status()).isEqualTo(429);
        assertThat(Served.by(after, new FakeRequest().path("/b")).status()).isEqualTo(200);
        after.close();
    }

    @Test
    void oneRuleTwiceIsOneRule() {
        Rule rule = Rule.parse("/a 1/day");
        RequestLimiter before =
                RequestLimiter.builder().rule(rule).sweepInterval(Duration.ZERO).build();
        assertThat(Served.by(before, new FakeRequest().path("/a")).status()).isEqualTo(200);
        RequestLimiter after = RequestLimiter.builder()
                .rule(rule, rule)
                .sweepInterval(Duration.ZERO)
                .buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(after.limiters()).extracting(use -> use.limiter().name()).containsExactly("/a");
        assertThat(Served.by(after, new FakeRequest().path("/a")).status()).isEqualTo(429);
        after.close();
    }

    @Test
    void aRuleHasNotTheNameOfTheGeneralLimits() {
        Rule rule = Rule.parse("front: /a 1/day");
        List<RequestLimiter.Builder> clashing = List.of(
                RequestLimiter.builder().name("front"),
                RequestLimiter.builder().name("f").limiterName("front"));
        for (RequestLimiter.Builder builder : clashing) {
            builder.rule(rule).sweepInterval(Duration.ZERO).build().close();
            assertThatExceptionOfType(InvalidOptionException.class)
                    .isThrownBy(() -> builder.limits(Limit.perDay(1)).build())
                    .satisfies(e -> assertThat(e.option()).isEqualTo(Option.RULES))
                    .withMessageContaining("front");
        }
        RequestLimiter before = RequestLimiter.builder()
                .limits(Limit.perDay(1))
                .limiterName("front")
                .sweepInterval(Duration.ZERO)
                .build();
        assertThat(Served.by(before, new FakeRequest()).status()).isEqualTo(200);
        assertThatExceptionOfType(InvalidOptionException.class)
                .isThrownBy(() -> RequestLimiter.builder()
                        .limits(Limit.perDay(1))
                        .rule(rule)
                        .buildInPlaceOf(before));
        assertThat(Served.by(before, new FakeRequest()).status()).isEqualTo(429);
        before.close();
    }
}
