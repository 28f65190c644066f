package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.testing.BrokenLimiter;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A rule that charges only some responses holds beside the general limits: all or nothing, the rule first. */
class InAdditionTest {

    private final FakeTicker ticker = new FakeTicker();
    private final LocalLimiter<ClientAddress> general = Buckets.of("10/hour", ticker);
    private final LocalLimiter<ClientAddress> logins = Buckets.of("5/minute", ticker);

    private RequestLimiter limits(Limiter<ClientAddress> general, Rule rule) {
        return RequestLimiter.builder(general).ticker(ticker).rule(rule).build();
    }

    private RequestLimiter limits() {
        return limits(general, Rule.limiter("/login/*", logins).chargeOn(ChargeOn.statuses(401)));
    }

    private static FakeRequest login() {
        return new FakeRequest().path("/login");
    }

    @Test
    void whatTheRuleGivesBackTheGeneralLimitsKeep() {
        RequestLimiter limits = limits();
        for (int i = 0; i < 10; i++) {
            assertThat(Served.by(limits, login(), 200).status()).isEqualTo(200);
        }
        assertThat(Buckets.left(logins)).isEqualTo(5);
        assertThat(Buckets.left(general)).isZero();
        assertThat(Served.by(limits, login(), 200).status()).isEqualTo(429);
        assertThat(limits.stats().allowed()).isEqualTo(10);
        assertThat(limits.stats().denied()).isEqualTo(1);
        assertThat(limits.stats().refunded()).isEqualTo(10);
    }

    @Test
    void aDenialByTheRuleTakesNothingFromTheGeneralLimits() {
        RequestLimiter limits = limits();
        for (int i = 0; i < 40; i++) {
            Served.by(limits, login(), 401);
        }
        assertThat(limits.stats().allowed()).isEqualTo(5);
        assertThat(Buckets.left(general)).isEqualTo(5);
    }

    @Test
    void aDenialByTheGeneralLimitsGivesBackWhatTheRuleTook() {
        RequestLimiter limits = limits();
        for (int i = 0; i < 10; i++) {
            Served.by(limits, new FakeRequest().path("/other"));
        }
        for (int i = 0; i < 3; i++) {
            assertThat(Served.by(limits, login(), 401).status()).isEqualTo(429);
        }
        assertThat(Buckets.left(logins)).isEqualTo(5);
        assertThat(limits.stats().refunded()).isZero();
    }

    /** Else its wait, which nobody is held to, would be beside a shorter Retry-After. */
    @Test
    void aDenialThatIsOnlyCountedIsNotToldOfInARefusal() {
        for (HeaderStyle style : new HeaderStyle[] {HeaderStyle.DRAFT, HeaderStyle.LEGACY}) {
            LocalLimiter<ClientAddress> short3 = Buckets.of("3/minute", ticker);
            RequestLimiter limits = RequestLimiter.builder(short3)
                    .ticker(ticker)
                    .headers(style)
                    .rule(Rule.parse("/login/* daily=1/day charge-on 401").dryRun())
                    .build();
            for (int i = 0; i < 3; i++) {
                assertThat(Served.by(limits, login(), 401).status()).isEqualTo(401);
            }
            Served refused = Served.by(limits, login(), 401);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.response().header("Retry-After")).isEqualTo("20");
            if (style == HeaderStyle.DRAFT) {
                assertThat(refused.response().header("RateLimit")).isEqualTo("\"3-per-60s\";r=0;t=20, \"daily\";r=0");
            } else {
                assertThat(refused.response().header("X-RateLimit-Limit")).isEqualTo("3");
            }
        }
    }

    @Test
    void theFieldsListBoth() {
        RequestLimiter limits = limits();
        FakeResponse served = Served.by(limits, login(), 401).response();
        assertThat(served.field("RateLimit-Policy")).isEqualTo("\"5-per-60s\";q=5;w=60, \"10-per-3600s\";q=10;w=3600");
        assertThat(served.field("RateLimit")).isEqualTo("\"5-per-60s\";r=4;t=48, \"10-per-3600s\";r=9;t=3240");
        for (int i = 0; i < 4; i++) {
            Served.by(limits, login(), 401);
        }
        Served byRule = Served.by(limits, login(), 401);
        assertThat(byRule.response().field("RateLimit")).isEqualTo("\"5-per-60s\";r=0;t=12, \"10-per-3600s\";r=5");
        assertThat(byRule.response().field("Retry-After")).isEqualTo("12");
        assertThat(byRule.verdict().refusal().text()).contains("[\"5-per-60s\"]");
        for (int i = 0; i < 5; i++) {
            Served.by(limits, new FakeRequest().path("/other"));
        }
        Served byBoth = Served.by(limits, login(), 401);
        assertThat(byBoth.response().field("RateLimit"))
                .isEqualTo("\"5-per-60s\";r=0;t=12, \"10-per-3600s\";r=0;t=360");
        assertThat(byBoth.response().field("Retry-After")).isEqualTo("360");
        assertThat(byBoth.verdict().refusal().text()).contains("[\"5-per-60s\",\"10-per-3600s\"]");
        ticker.advance(Duration.ofMinutes(1));
        Served byGeneral = Served.by(limits, login(), 401);
        assertThat(byGeneral.response().field("RateLimit")).isEqualTo("\"10-per-3600s\";r=0;t=300, \"5-per-60s\";r=5");
        assertThat(byGeneral.response().field("Retry-After")).isEqualTo("300");
    }

    @Test
    void theHandlersDecisionIsThatOfTheRule() {
        RequestLimiter limits = limits();
        Verdict verdict = limits.decide(login());
        assertThat(verdict.decision().orElseThrow().limits())
                .extracting(status -> status.limit().name())
                .containsExactly("5-per-60s");
        verdict.decision().orElseThrow().refund(1);
        assertThat(Buckets.left(logins)).isEqualTo(5);
        assertThat(Buckets.left(general)).isEqualTo(9);
    }

    @Test
    void oneThatIsAloneStandsInTheirPlace() {
        RequestLimiter limits = limits(
                general,
                Rule.limiter("/login/*", logins)
                        .chargeOn(ChargeOn.statuses(401))
                        .alone());
        for (int i = 0; i < 20; i++) {
            assertThat(Served.by(limits, login(), 200).status()).isEqualTo(200);
        }
        assertThat(Buckets.left(general)).isEqualTo(10);
    }

    @Test
    void oneThatChargesEverythingStandsInTheirPlace() {
        RequestLimiter limits = RequestLimiter.builder(general)
                .chargeOn(ChargeOn.statuses(404))
                .rule(Rule.limiter("/login/*", logins))
                .build();
        Served.by(limits, login(), 404);
        assertThat(Buckets.left(general)).isEqualTo(10);
        assertThat(Buckets.left(logins)).isEqualTo(4);
    }

    @Test
    void aDryRunOfTheRuleLeavesTheGeneralLimits() {
        RequestLimiter limits = limits(
                general,
                Rule.limiter("/login/*", logins)
                        .chargeOn(ChargeOn.statuses(401))
                        .dryRun());
        for (int i = 0; i < 10; i++) {
            assertThat(Served.by(limits, login(), 401).status()).isEqualTo(401);
        }
        assertThat(limits.stats().dryRunDenied()).isEqualTo(5);
        assertThat(Served.by(limits, login(), 401).status()).isEqualTo(429);
    }

    @Test
    void aPathThatCanBeReadInTwoWaysTakesFromTheGeneralLimitsOnce() {
        LocalLimiter<ClientAddress> other = Buckets.of("7/minute", ticker);
        RequestLimiter limits = RequestLimiter.builder(general)
                .ticker(ticker)
                .rule(
                        Rule.limiter("/login/*", logins).chargeOn(ChargeOn.statuses(401)),
                        Rule.limiter("/static/*", other).chargeOn(ChargeOn.statuses(404)))
                .build();
        Served.by(limits, new FakeRequest().path("/static/../login"), 200);
        assertThat(Buckets.left(general)).isEqualTo(9);
        Served.by(limits, new FakeRequest().path("/static/../login"), 401);
        assertThat(List.of(Buckets.left(general), Buckets.left(logins), Buckets.left(other)))
                .containsExactly(8L, 4L, 7L);
    }

    @Test
    void whereOneOfThemFailsTheOtherHolds() {
        for (OnFailure onFailure : OnFailure.values()) {
            RequestLimiter limits = RequestLimiter.builder(new BrokenLimiter<ClientAddress>())
                    .onFailure(onFailure)
                    .rule(Rule.limiter("/login/*", logins).chargeOn(ChargeOn.statuses(401)))
                    .build();
            logins.reset(ClientAddress.parse("192.0.2.1"));
            long served = 0;
            for (int i = 0; i < 8; i++) {
                served += Served.by(limits, login(), 401).verdict().passes() ? 1 : 0;
            }
            assertThat(served).isEqualTo(onFailure == OnFailure.ALLOW ? 5 : 0);
        }
    }

    /** The general limits by account, which an anonymous login has none of. */
    @Test
    void whereTheGeneralKeyFailsTheRuleHolds() {
        Limiter<String> accounts =
                Limiter.<String>builder(Limit.parse("10/hour")).build();
        RequestLimiter limits = RequestLimiter.builder(accounts, request -> null)
                .rule(Rule.limiter("/login/*", logins).chargeOn(ChargeOn.statuses(401)))
                .build();
        for (int i = 0; i < 8; i++) {
            Served.by(limits, login(), 401);
        }
        assertThat(limits.stats().denied()).isEqualTo(3);
        accounts.close();
    }

    /** Beside the obvious: two counts of what is left, both looked at before either is lowered. */
    @Test
    void itIsWhatTwoCountsComeTo() {
        RequestLimiter limits = limits();
        SplittableRandom random = new SplittableRandom(1);
        long rule = 5;
        long all = 10;
        for (int i = 0; i < 2_000; i++) {
            if (random.nextInt(4) == 0) {
                ClientAddress client = ClientAddress.parse("192.0.2.1");
                general.reset(client);
                all = 10;
                if (random.nextBoolean()) {
                    logins.reset(client);
                    rule = 5;
                }
            }
            boolean isLogin = random.nextBoolean();
            int status = random.nextInt(3) == 0 ? 200 : 401;
            boolean passes = all > 0 && (!isLogin || rule > 0);
            FakeRequest request = isLogin ? login() : new FakeRequest().path("/other");
            assertThat(Served.by(limits, request, status).verdict().passes()).isEqualTo(passes);
            if (passes) {
                all--;
                rule -= isLogin && status == 401 ? 1 : 0;
            }
            assertThat(Buckets.left(general)).isEqualTo(all);
            assertThat(Buckets.left(logins)).isEqualTo(rule);
        }
    }
}
