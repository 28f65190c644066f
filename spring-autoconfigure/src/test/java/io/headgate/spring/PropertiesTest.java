package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Overflow;
import io.headgate.http.HeaderStyle;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.http.Stage;
import io.headgate.net.ClientAddress;
import io.headgate.spring.HeadgateProperties.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.Ordered;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

@ExtendWith(OutputCaptureExtension.class)
class PropertiesTest {

    private final WebApplicationContextRunner web =
            new WebApplicationContextRunner().withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    private void bound(Consumer<HeadgateProperties> check, String... properties) {
        web.withPropertyValues(properties).run(context -> {
            assertThat(context).hasNotFailed();
            check.accept(context.getBean(HeadgateProperties.class));
        });
    }

    @Test
    void defaultsAreThoseOfTheLibrary() {
        LocalLimiter<?> limiter = Limiter.forAddresses(Limit.parse("1/s")).build();
        limiter.close();
        bound(p -> {
            assertThat(p.enabled()).isTrue();
            assertThat(p.limits()).isEmpty();
            assertThat(p.rules()).isEmpty();
            assertThat(p.key()).isEqualTo("client");
            assertThat(p.plans()).isEmpty();
            assertThat(p.secret()).isNull();
            assertThat(p.trustedProxies()).isEmpty();
            assertThat(p.forwardedHeader()).isNull();
            assertThat(p.trustedHops()).isNull();
            assertThat(p.ipv6Prefix()).isEqualTo(limiter.ipv6Prefix().orElseThrow());
            assertThat(p.translationPrefixes()).isEmpty();
            assertThat(p.maxClients()).isEqualTo(limiter.maxKeys());
            assertThat(p.overflow()).isEqualTo(Overflow.SHARE);
            assertThat(p.sweepInterval()).isEqualTo(Duration.ofSeconds(10));
            assertThat(p.exempt()).isEmpty();
            assertThat(p.headers()).isEqualTo(HeaderStyle.DRAFT);
            assertThat(p.skipPreflight()).isFalse();
            assertThat(p.onFailure()).isEqualTo(OnFailure.ALLOW);
            assertThat(p.noAddress()).isEqualTo(NoAddress.SHARED);
            assertThat(p.dryRun()).isFalse();
            assertThat(p.health()).isEqualTo(Health.OWN);
            assertThat(p.order()).isEqualTo(Ordered.HIGHEST_PRECEDENCE + 40);
            assertThat(p.showAddresses()).isFalse();
        });
    }

    @Test
    void limitsAsText() {
        bound(
                p -> assertThat(p.limits().values())
                        .containsExactly(Limit.parse("10/second burst 20"), Limit.parse("500/hour")),
                "headgate.limits=10/second burst 20, 500/hour");
    }

    @Test
    void limitsAsMap() {
        bound(
                p -> assertThat(p.limits())
                        .containsOnly(
                                Map.entry(
                                        "burst",
                                        Limit.parse("10/second burst 20").named("burst")),
                                Map.entry("hourly", Limit.parse("500/hour").named("hourly"))),
                "headgate.limits.burst=10/second burst 20",
                "headgate.limits.hourly=500/hour");
    }

    @Test
    void rules() {
        bound(
                p -> {
                    assertThat(p.rules()).hasSize(2);
                    RuleProperties login = p.rules().get(0);
                    assertThat(login.rule("rules[0]", null).name()).isEqualTo("login");
                    assertThat(login.path()).isEqualTo("/login/*");
                    assertThat(login.methods()).containsExactly("POST", "PUT");
                    assertThat(login.limits().values()).containsExactly(Limit.parse("5/minute"));
                    assertThat(login.cost()).isEqualTo(2);
                    assertThat(login.dryRun()).isTrue();
                    assertThat(login.chargeOn()).containsExactly("401", "403");
                    assertThat(p.rules().get(1).unlimited()).isTrue();
                    assertThat(p.rules().get(1).rule("rules[1]", null).name()).isEqualTo("GET /static/*");
                },
                "headgate.rules[0].name=login",
                "headgate.rules[0].path=/login/*",
                "headgate.rules[0].methods=post, PUT",
                "headgate.rules[0].limits=5/minute",
                "headgate.rules[0].cost=2",
                "headgate.rules[0].dry-run=true",
                "headgate.rules[0].charge-on=401,403",
                "headgate.rules[1].path=/static/*",
                "headgate.rules[1].methods=GET",
                "headgate.rules[1].unlimited=true",
                "headgate.limits=1/s");
    }

    @Test
    void plansAndKeys() {
        bound(
                p -> {
                    assertThat(p.key()).isEqualTo("header X-API-Key");
                    assertThat(p.secret()).isEqualTo("open sesame");
                    assertThat(p.toString()).doesNotContain("sesame");
                    assertThat(p.plans()).containsOnlyKeys("our-partners", "crawlers", "small.ones");
                    PlanProperties partners = Objects.requireNonNull(p.plans().get("our-partners"));
                    assertThat(partners.plan("our-partners").limits()).containsExactly(Limit.parse("6000/minute"));
                    assertThat(partners.ranges()).containsExactly("192.0.2.0/24", "2001:db8::/32");
                    assertThat(partners.maxClients()).isEqualTo(1000);
                    assertThat(Objects.requireNonNull(p.plans().get("crawlers"))
                                    .plan("crawlers")
                                    .limits())
                            .isEmpty();
                    assertThat(Objects.requireNonNull(p.plans().get("small.ones"))
                                    .plan("small.ones")
                                    .limits())
                            .containsExactly(
                                    Limit.parse("1/s"), Limit.parse("5/minute").named("long"));
                    RuleProperties rule = p.rules().get(0);
                    assertThat(rule.key()).isEqualTo("client + principal");
                    assertThat(rule.when()).containsExactly("role USER", "no header X-Trial");
                    assertThat(rule.stage()).isEqualTo(Stage.AUTHENTICATED);
                    assertThat(rule.rule("rules[0]", null).name())
                            .isEqualTo("/api/* when role USER, no header x-trial");
                },
                "headgate.limits=1/s",
                "headgate.key=header X-API-Key",
                "headgate.secret=open sesame",
                "headgate.plans.our-partners.limits=6000/minute",
                "headgate.plans.our-partners.ranges=192.0.2.0/24, 2001:db8::/32",
                "headgate.plans.our-partners.max-clients=1000",
                "headgate.plans.crawlers.limits=unlimited",
                "headgate.plans.crawlers.ranges[0]=198.51.100.0/24",
                "headgate.plans[small.ones].limits[0]=1/s",
                "headgate.plans[small.ones].limits[1]=long=5/minute",
                "headgate.plans[small.ones].ranges[0]=203.0.113.0/24",
                "headgate.rules[0].path=/api/*",
                "headgate.rules[0].limits=100/minute",
                "headgate.rules[0].key=client + principal",
                "headgate.rules[0].when=role USER, no header X-Trial",
                "headgate.rules[0].stage=authenticated");
    }

    @Test
    void everythingElse() {
        bound(
                p -> {
                    assertThat(p.trustedProxies()).containsExactly("10.0.0.0/8", "::1");
                    assertThat(p.forwardedHeader()).isEqualTo("CF-Connecting-IP");
                    assertThat(p.ipv6Prefix()).isEqualTo(56);
                    assertThat(p.translationPrefixes()).containsExactly("64:ff9b:1::/48", "2001:db8::/96");
                    assertThat(p.maxClients()).isEqualTo(5000);
                    assertThat(p.overflow()).isEqualTo(Overflow.DENY);
                    assertThat(p.sweepInterval()).isEqualTo(Duration.ofSeconds(30));
                    assertThat(p.exempt()).containsExactly("192.0.2.0/24");
                    assertThat(p.headers()).isEqualTo(HeaderStyle.LEGACY);
                    assertThat(p.retryAfterJitter()).isEqualTo(Duration.ofMinutes(1));
                    assertThat(p.cost()).isEqualTo(2);
                    assertThat(p.chargeOn()).containsExactly("401", "403");
                    assertThat(p.name()).isEqualTo("limits");
                    assertThat(p.skipPreflight()).isTrue();
                    assertThat(p.onFailure()).isEqualTo(OnFailure.DENY);
                    assertThat(p.noAddress()).isEqualTo(NoAddress.DENY);
                    assertThat(p.dryRun()).isTrue();
                    assertThat(p.health()).isEqualTo(Health.LIMITED);
                    assertThat(p.order()).isEqualTo(5);
                    assertThat(p.showAddresses()).isTrue();
                },
                "headgate.limits=1/s",
                "headgate.trusted-proxies=10.0.0.0/8, ::1",
                "headgate.forwarded-header=CF-Connecting-IP",
                "headgate.ipv6-prefix=56",
                "headgate.translation-prefixes=64:ff9b:1::/48, 2001:db8::/96",
                "headgate.max-clients=5000",
                "headgate.overflow=deny",
                "headgate.sweep-interval=30",
                "headgate.exempt=192.0.2.0/24",
                "headgate.headers=legacy",
                "headgate.retry-after-jitter=60",
                "headgate.cost=2",
                "headgate.charge-on=401, 403",
                "headgate.name=limits",
                "headgate.skip-preflight=true",
                "headgate.on-failure=deny",
                "headgate.no-address=deny",
                "headgate.dry-run=true",
                "headgate.health=limited",
                "headgate.order=5",
                "headgate.show-addresses=true");
    }

    @Test
    void reachTheFilterAndItsLimiters() {
        web.withPropertyValues(
                        "headgate.limits=1/s",
                        "headgate.rules[0].path=/login",
                        "headgate.rules[0].limits=2/s",
                        "headgate.ipv6-prefix=48",
                        "headgate.translation-prefixes=64:ff9b:1::/48",
                        "headgate.max-clients=77",
                        "headgate.order=5")
                .run(context -> {
                    assertThat(Requests.registration(context).getOrder()).isEqualTo(5);
                    ApplicationLimiters limiters = context.getBean(ApplicationLimiters.class);
                    List<ApplicationLimiters.Shown> all = limiters.all();
                    assertThat(all.stream().map(ApplicationLimiters.Shown::name))
                            .containsExactly("default", "/login", "health");
                    assertThat(all).allSatisfy(shown -> {
                        assertThat(shown.limiter().ipv6Prefix()).hasValue(48);
                        assertThat(shown.limiter().stats().maxKeys()).isEqualTo(77);
                        assertThat(Objects.requireNonNull(shown.clients())
                                        .tracked(ClientAddress.parse("64:ff9b:1:c000:2:100::")))
                                .isEqualTo(ClientAddress.parse("192.0.2.1"));
                    });
                    assertThat(limiters.client(ClientAddress.parse("64:ff9b:1:c000:2:100::")))
                            .isEqualTo(ClientAddress.parse("192.0.2.1"));
                    assertThat(limiters.client(ClientAddress.parse("2001:db8:1:2::3")))
                            .isEqualTo(ClientAddress.parse("2001:db8:1::"));
                });
    }

    @Test
    void limitsAsListAndUnderNamesInText() {
        bound(
                p -> assertThat(p.limits())
                        .containsExactly(
                                Map.entry("burst", Limit.parse("burst=10/second burst 20")),
                                Map.entry("500-per-3600s", Limit.parse("500/hour"))),
                "headgate.limits[0]=burst=10/second burst 20",
                "headgate.limits[1]=500/hour");
        bound(p -> assertThat(p.limits()).containsOnlyKeys("login", "2-per-1s"), "headgate.limits=login=5/minute, 2/s");
    }

    @Test
    void limitsOfARuleAsList() {
        web.withPropertyValues(
                        "headgate.rules[0].path=/login",
                        "headgate.rules[0].limits[0]=5/minute",
                        "headgate.rules[0].limits[1]=daily=50/day")
                .run(context -> assertThat(context.getBean(ApplicationLimiters.class)
                                .all()
                                .get(0)
                                .limiter()
                                .limits())
                        .containsExactly(Limit.parse("5/minute"), Limit.parse("daily=50/day")));
    }

    @ParameterizedTest
    @CsvSource({"draft, DRAFT_11", "draft-11, DRAFT_11", "DRAFT_11, DRAFT_11", "Legacy, LEGACY", "none, NONE"})
    void headersByRevisionAndByAlias(String text, HeaderStyle style) {
        bound(p -> assertThat(p.headers()).isEqualTo(style), "headgate.limits=1/s", "headgate.headers=" + text);
    }

    @Test
    void hostBitsAreWarnedOfWithTheNetworkThatTheyMean() {
        web.withPropertyValues("headgate.limits=1/s", "headgate.trusted-proxies=192.0.2.1, 10.1.2.3/8, 2001:db8::1/32")
                .run(context -> assertThat(
                                context.getBean(SetupAdvice.class).warnings().get("HG-007"))
                        .startsWith(
                                "headgate.trusted-proxies has address ranges with bits beyond their prefix: 10.1.2.3/8"
                                        + " means 10.0.0.0/8, 2001:db8::1/32 means 2001:db8::/32"));
    }

    @Test
    void trustedHopsInPlaceOfProxies() {
        bound(
                p -> assertThat(p.trustedHops()).isEqualTo(2),
                "headgate.limits=1/s",
                "headgate.trusted-hops=2",
                "headgate.forwarded-header=Forwarded");
    }

    /** An application with only these in its environment, and these system properties. */
    private WebApplicationContextRunner with(Map<String, Object> variables, Map<String, Object> systemProperties) {
        return web.withInitializer(context -> {
            MutablePropertySources sources = context.getEnvironment().getPropertySources();
            String environment = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
            sources.replace(environment, new SystemEnvironmentPropertySource(environment, variables));
            String system = StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME;
            sources.replace(system, new MapPropertySource(system, systemProperties));
        });
    }

    @Test
    void environmentVariables(CapturedOutput output) {
        Map<String, Object> variables = Map.of(
                "HEADGATE_LIMITS", "7/s",
                "HEADGATE_TRUSTEDPROXIES_0", "10.0.0.0/8",
                "HEADGATE_MAX_CLIENTS", "9",
                "HEADGATE_RULES_0_PATH", "/x",
                "HEADGATE_RULES_0_LIMITS", "1/s",
                "HEADGATE_LIMIT", "8/s",
                "HEADGATE_SERVICE_HOST", "10.1.1.1",
                "HEADGATE_RULES_0_PATHS", "/y");
        with(variables, Map.of()).run(context -> {
            HeadgateProperties p = context.getBean(HeadgateProperties.class);
            assertThat(p.limits().values()).containsExactly(Limit.parse("7/s"));
            assertThat(p.trustedProxies()).containsExactly("10.0.0.0/8");
            assertThat(p.maxClients()).isEqualTo(9);
            assertThat(p.rules().get(0).path()).isEqualTo("/x");
            assertThat(output)
                    .contains("HG-108: Unknown HEADGATE_LIMIT, HEADGATE_RULES_0_PATHS, HEADGATE_SERVICE_HOST in the"
                            + " environment or the system properties: the keys under headgate are enabled,"
                            + " limits, rules, key, stage, plans, tiers, secret, trusted-proxies, ");
            assertThat(context.getBean(SetupAdvice.class).warnings().get("HG-108"))
                    .startsWith("Unknown HEADGATE_LIMIT, ");
        });
    }

    /** Names of plans are in lower case then. */
    @Test
    void plansInEnvironmentVariables(@TempDir Path folder, CapturedOutput output) throws IOException {
        Path file = Files.writeString(folder.resolve("ranges"), "203.0.113.0/24");
        Map<String, Object> variables = Map.of(
                "HEADGATE_LIMITS", "7/s",
                "HEADGATE_KEY", "header X-API-Key",
                "HEADGATE_SECRET", "open sesame",
                "HEADGATE_PLANS_PARTNERS_LIMITS", "60/s",
                "HEADGATE_PLANS_PARTNERS_RANGES_0", "192.0.2.0/24",
                "HEADGATE_PLANS_PARTNERS_RANGES_FILE", file.toString(),
                "HEADGATE_PLANS_PARTNERS_MAX_CLIENTS", "9",
                "HEADGATE_PLANS_SERVICE_HOST", "10.1.1.1",
                "HEADGATE_PLANS_OUR_PARTNERS_LIMITS", "60/s"); // two names: no plan is called so
        with(variables, Map.of()).run(context -> {
            HeadgateProperties p = context.getBean(HeadgateProperties.class);
            assertThat(p.plans()).containsOnlyKeys("partners");
            assertThat(p.plans().get("partners"))
                    .isEqualTo(new PlanProperties(
                            Map.of("60-per-1s", Limit.parse("60/s")), List.of("192.0.2.0/24"), file.toString(), 9L));
            assertThat(output)
                    .contains(
                            "HG-108: Unknown HEADGATE_PLANS_OUR_PARTNERS_LIMITS, HEADGATE_PLANS_SERVICE_HOST in the environment")
                    .doesNotContain("sesame");
        });
    }

    @Test
    void tiersInEnvironmentVariables(CapturedOutput output) {
        Map<String, Object> variables = Map.of(
                "HEADGATE_LIMITS", "7/s",
                "HEADGATE_TIERS_NETWORK_LIMITS_0", "60/s",
                "HEADGATE_TIERS_NETWORK_IPV4PREFIX", "24",
                "HEADGATE_TIERS_NETWORK_IPV6_PREFIX", "48",
                "HEADGATE_TIERS_NETWORK_MAXCLIENTS", "9",
                "HEADGATE_TIERS_ALL_LIMITS", "500/s",
                "HEADGATE_TIERS_ALL_EVERYBODY", "true",
                "HEADGATE_TIERS_SERVICE_HOST", "10.1.1.1");
        with(variables, Map.of()).run(context -> {
            HeadgateProperties p = context.getBean(HeadgateProperties.class);
            assertThat(p.tiers()).containsOnlyKeys("network", "all");
            assertThat(Objects.requireNonNull(p.tiers().get("network")).tier("network", 64))
                    .hasToString("network: 60/1s ipv4 24 ipv6 48 max-clients 9");
            assertThat(Objects.requireNonNull(p.tiers().get("all")).tier("all", 64))
                    .hasToString("all: 500/1s everybody");
            assertThat(output).contains("HG-108: Unknown HEADGATE_TIERS_SERVICE_HOST in the environment");
        });
    }

    @Test
    void tiers() {
        bound(
                p -> {
                    assertThat(p.tiers().keySet()).containsExactly("network", "site.wide");
                    assertThat(Objects.requireNonNull(p.tiers().get("network"))
                                    .tier("network", 64)
                                    .limits())
                            .containsExactly(Limit.parse("2000/minute").named("network"));
                    assertThat(Objects.requireNonNull(p.tiers().get("site.wide"))
                                    .tier("site.wide", 64)
                                    .limits())
                            .containsExactly(
                                    Limit.parse("500/s").named("fast"),
                                    Limit.parse("9000/hour").named("slow"));
                },
                "headgate.limits=1/s",
                "headgate.tiers.network.limits=2000/minute",
                "headgate.tiers.network.ipv6-prefix=48",
                "headgate.tiers[site.wide].limits.fast=500/s",
                "headgate.tiers[site.wide].limits.slow=9000/hour",
                "headgate.tiers[site.wide].everybody=true");
    }

    @Test
    void systemProperties(CapturedOutput output) {
        Map<String, Object> properties = Map.of(
                "headgate.limits",
                "7/s",
                "headgate.limit",
                "8/s",
                "headgatekeeper",
                "x",
                "headgate.exempt[0]",
                "::1",
                "headgate.plans[v1.gold].limits",
                "7/s",
                "headgate.plans.our-partners.ranges[0]",
                "::1",
                "headgate.plans.our-partners.limits.a",
                "7/s",
                "headgate.plans.gold.our.limits",
                "8/s",
                "headgate.plans[v1.gold].ranges",
                "::2");
        with(Map.of(), properties).run(context -> {
            assertThat(context.getBean(HeadgateProperties.class).exempt()).containsExactly("::1");
            assertThat(output).contains("Unknown headgate.limit, headgate.plans.gold.our.limits in the");
        });
    }
}
