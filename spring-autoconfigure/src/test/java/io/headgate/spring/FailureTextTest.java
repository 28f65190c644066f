package io.headgate.spring;

import static io.headgate.spring.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.net.ClientAddress;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.BeanCreationException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.core.io.support.SpringFactoriesLoader.ArgumentResolver;

class FailureTextTest {

    private final WebApplicationContextRunner web =
            new WebApplicationContextRunner().withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    /** What the first analyzer that has something to say says, as at the end of a start that failed. */
    private FailureAnalysis analysis(Map<String, Object> file) {
        return analysis(new MapPropertySource("file", file));
    }

    private FailureAnalysis analysis(MapPropertySource... files) {
        return analysis(web, files);
    }

    private static FailureAnalysis analysis(WebApplicationContextRunner web, MapPropertySource... files) {
        List<ConfigurableEnvironment> environment = new ArrayList<>();
        List<Throwable> failure = new ArrayList<>();
        web.withInitializer(context -> {
                    environment.add(context.getEnvironment());
                    for (MapPropertySource file : files) {
                        context.getEnvironment().getPropertySources().addFirst(file);
                    }
                })
                .run(context -> {
                    assertThat(context).hasFailed();
                    failure.add(context.getStartupFailure());
                });
        return first(failure.get(0), environment.get(0));
    }

    private static FailureAnalysis first(Throwable failure, ConfigurableEnvironment environment) {
        List<FailureAnalyzer> analyzers = SpringFactoriesLoader.forDefaultResourceLocation(
                        FailureTextTest.class.getClassLoader())
                .load(
                        FailureAnalyzer.class,
                        ArgumentResolver.of(Environment.class, environment),
                        (type, name, e) -> {});
        assertThat(analyzers.get(0)).isInstanceOf(HeadgateFailureAnalyzer.class);
        FailureAnalysis analysis = analyzers.get(0).analyze(failure);
        if (analysis == null) {
            throw new AssertionError("nothing to say about", failure);
        }
        return analysis;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        limits              | 100/minit    | "100/minit" is not a limit              | [NAME=]PERMITS/[COUNT]UNIT
        limits              | ''           | nothing would be limited                | [NAME=]PERMITS/[COUNT]UNIT
        limits              | 1/s, 1/s     | two limits are called "1-per-1s"        | a map of names
        limits[0]           | fast         | "fast" is not a limit                   | a list of limits
        limits.api          | fast         | "fast" is not a limit                   | [NAME=]PERMITS/[COUNT]UNIT
        limits[0][0]        | 1/s          | a limit is one text, not a list or a map | a list of limits and a map of names
        limits[0].api       | 1/s          | a limit is one text, not a list or a map | a list of limits and a map of names
        limits.api[0]       | 1/s          | a limit is one text, not a list or a map | a list of limits and a map of names
        limits.60           | 1/s          | a name of a limit is not a number       | a list of limits and a map of names
        limits              | unlimited    | "unlimited" is not a limit              | [NAME=]PERMITS/[COUNT]UNIT
        key                 | X-API-Key    | "X-API-Key" is not a key                | header NAME
        key                 | principal    | set headgate.stage to authenticated     | client, principal
        stage               | authenticated | clients are limited as requests arrive | arrival or authenticated
        stage               | later        | later                                   | arrival or authenticated
        secret              | ''           | it is empty                             | any text that is not empty
        plans.gold          | fast         | "fast" is not a limit                   | limits alone may stand
        plans.gold.limits   | fast         | "fast" is not a limit                   | unlimited, or limits separated
        plans.gold.limits[0] | unlimited   | "unlimited" is not a limit              | unlimited, or limits separated
        trusted-proxies     | 10.0.0.0/33  | "10.0.0.0/33"                           | 10.0.0.0/8, 2001:db8::/32
        trusted-hops        | 0            | must be 1 to 64                         | 1 to 64
        trusted-hops        | many         | many                                    | 1 to 64
        forwarded-header    | forwarded    | nothing says who may set it             | with headgate.trusted-proxies
        ipv6-prefix         | 129          | must be 32 to 128                       | 32 to 128
        translation-prefixes | 64:ff9b::/47 | must be IPv6 and have 32, 40, 48        | such as 64:ff9b:1::/48
        translation-prefixes | nat64        | "nat64" is not an address range         | such as 64:ff9b:1::/48
        max-clients         | 0            | must be 1 to                            | 1 to 1073741824
        overflow            | wait         | wait                                    | share, allow, deny or evict
        sweep-interval      | -1s          | must be 0 to 365 days                   | such as 30s
        sweep-interval      | soon         | soon                                    | such as 30s
        exempt              | localhost    | "localhost"                             | 10.0.0.0/8, 2001:db8::/32
        headers             | all          | all                                     | draft-11 (or draft), legacy or none
        retry-after-jitter  | 2d           | must be zero to a day                   | at most a day
        retry-after-jitter  | soon         | soon                                    | such as 30s
        retry-after-jitter  | 500ms        | Retry-After has whole seconds           | whole seconds only
        cost                | -1           | must be at least 0                      | a number of permits, at least 0
        charge-on           | 99           | 100 to 599                              | such as 401, 403
        charge-on           | 'failed-login, 99' | "99" is not a response            | with Spring Security failed-login too
        charge-on           | 'failed-login, never' | "never" stands alone           | with Spring Security failed-login too
        charge-on           | 'Failed-Login' | "Failed-Login" is not a response      | with Spring Security failed-login too
        name                | ' '          | must not be blank                       | no other filter
        skip-preflight      | maybe        | maybe                                   | true or false
        on-failure          | retry        | retry                                   | allow or deny
        no-address          | guess        | guess                                   | shared, deny or allow
        dry-run             | perhaps      | perhaps                                 | true or false
        health              | good         | good                                    | own, exempt or limited
        order               | first        | first                                   | a whole number
        show-addresses      | some         | some                                    | true or false
        enabled             | flase        | flase                                   | true or false, or yes, no, on, off, 1, 0
        enabled[0]          | true         | one value is accepted, not a list       | true or false, or yes, no, on, off, 1, 0
        """)
    void namesPropertyValueAndAcceptedForm(String key, String value, String reason, String form) {
        FailureAnalysis analysis = analysis(Map.of("headgate." + key, value));
        assertThat(analysis.getDescription())
                .contains("Property: headgate." + key)
                .contains(value.isEmpty() ? "" : "\"" + value + "\"")
                .contains("Origin: \"headgate." + key + "\" from property source \"file\"")
                .contains(reason);
        assertThat(analysis.getAction()).contains(form);
    }

    @Test
    void namesARuleBehindAGap() {
        FailureAnalysis analysis = analysis(Map.of(
                "headgate.rules[0].path", "/a",
                "headgate.rules[0].limits", "1/s",
                "headgate.rules[2].path", "/b"));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.rules[2].path", "a list begins at [0] and leaves no index out");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        path       | /api/**    | is not a path pattern              | /api/*
        path       | ''         | is not a path pattern              | /api/*
        name       | default    | another rule, plan or limiter      | that no other rule has
        methods    | 'GE T'     | is not a method                    | such as GET, POST
        limits     | 5/minit    | "5/minit" is not a limit           | [NAME=]PERMITS/[COUNT]UNIT
        unlimited  | true       | the rule has limits too            | only without limits
        cost       | -1         | must be at least 0                 | at least 0
        dry-run    | perhaps    | perhaps                            | true or false
        charge-on  | 99         | 100 to 599                         | 100 to 599
        charge-on  | 'failed-login, 99' | "99" is not a response     | with Spring Security failed-login too
        key        | user       | "user" is not a key                | client, principal, header NAME
        key        | principal  | headgate.order is -2147483608, before Spring Security at -100: add stage: authenticated | principal
        when       | 'role A, id 7' | "id 7" is not a condition      | [no] role NAME
        when       | authenticated | set headgate.order to -99, so that | authenticated or anonymous
        stage      | late       | late                               | arrival or authenticated
        """)
    void namesTheRule(String key, String value, String reason, String form) {
        Map<String, Object> file = new HashMap<>(Map.of(
                "headgate.rules[0].path", "/first",
                "headgate.rules[0].unlimited", "true",
                "headgate.rules[1].path", "/second",
                "headgate.rules[1].limits", "1/s"));
        file.put("headgate.rules[1]." + key, value);
        FailureAnalysis analysis = analysis(file);
        assertThat(analysis.getDescription())
                .contains("Property: headgate.rules[1]." + key)
                .contains("Origin: \"headgate.rules[1]." + key + "\"")
                .contains(reason);
        assertThat(analysis.getAction()).contains(form);
    }

    /** Binding would drop it, and so a condition, or what has a bucket. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        when       | when.header       | [no] role NAME
        key        | key.header        | client, principal, header NAME
        stage      | stage.behind      | arrival or authenticated
        methods    | methods.a         | such as GET, POST
        charge-on  | charge-on.a       | 100 to 599
        cost       | cost.a.b          | at least 0
        dry-run    | dry-run.x[0]      | true or false
        """)
    void aValueOfARuleIsNoMap(String key, String entry, String form) {
        FailureAnalysis analysis = analysis(Map.of(
                "headgate.limits",
                "1/s",
                "headgate.rules[0].path",
                "/first",
                "headgate.rules[0].limits.api",
                "1/s",
                "headgate.rules[0]." + entry,
                "X-A"));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.rules[0]." + key)
                .contains("Value: \"{" + entry.substring(key.length() + 1) + "=X-A}\"")
                .contains("it is no map");
        assertThat(analysis.getAction()).contains(form);
    }

    @Test
    void aRuleIsNotCalledAsAPlanIs() {
        for (String name : List.of("gold", "gold-keys")) {
            FailureAnalysis analysis = analysis(Map.of(
                    "headgate.limits", "1/s",
                    "headgate.plans.gold.limits", "5/s",
                    "headgate.plans.gold.ranges", "192.0.2.0/24",
                    "headgate.rules[0].name", name,
                    "headgate.rules[0].path", "/a",
                    "headgate.rules[0].limits", "5/s",
                    "headgate.rules[0].key", "principal",
                    "headgate.rules[0].stage", "authenticated"));
            assertThat(analysis.getDescription())
                    .contains("Property: headgate.rules[0].name", "Value: \"" + name + "\"")
                    .contains("another rule, plan or limiter has this name");
            assertThat(analysis.getAction()).contains("no other rule has, and no plan, and neither");
        }
    }

    /** All limiters are in one registry, also where each is another filter's. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        plans.health      | ''        | headgate.plans.health    | the limiter of health paths has this name
        plans.gold-keys.limits | ''   | headgate.plans.gold-keys | the plan "gold" by their key has this name
        tiers.gold.limits | ''        | headgate.tiers.gold      | a plan has this name
        tiers.users.limits | users    | headgate.rules[0].name   | another rule, plan or limiter has this name
        tiers.a.limits | default by principal | headgate.rules[0].name | another rule, plan or limiter has this name
        """)
    void limitersOfBothFiltersHaveANameEach(String key, String rule, String property, String reason) {
        Map<String, Object> properties = new HashMap<>(Map.of(
                "headgate.limits",
                "1/s",
                "headgate.key",
                "principal",
                "headgate.stage",
                "authenticated",
                "headgate.plans.gold.limits",
                "5/s",
                "headgate.plans.gold.ranges",
                "192.0.2.0/24",
                "headgate." + key,
                "9/s"));
        if (key.contains("-keys")) {
            properties.put("headgate.plans.gold-keys.ranges", "198.51.100.0/24");
        }
        if (key.startsWith("tiers")) {
            properties.put("headgate." + key.replace("limits", "everybody"), "true");
        }
        if (!rule.isEmpty()) {
            properties.put("headgate.rules[0].name", rule);
            properties.put("headgate.rules[0].path", "/a");
            properties.put("headgate.rules[0].limits", "5/s");
            properties.put("headgate.rules[0].stage", rule.equals("users") ? "authenticated" : "arrival");
        }
        assertThat(analysis(properties).getDescription())
                .contains(property, reason)
                .doesNotContain("is in use with");
    }

    /** Who has no such header, or another one each time, would be under no limit at all. */
    @Test
    void aKeyThatClientsWriteNeedsLimitsBehindAuthenticationToo() {
        for (String key : List.of("header X-Tenant", "principal + header X-Tenant")) {
            FailureAnalysis analysis = analysis(Map.of(
                    "headgate.rules[0].path", "/a",
                    "headgate.rules[0].limits", "5/s",
                    "headgate.rules[0].key", key,
                    "headgate.rules[0].stage", "authenticated"));
            assertThat(analysis.getDescription())
                    .contains("Property: headgate.rules[0].key", "Value: \"" + key + "\"")
                    .contains("there are no headgate.limits, which would hold for them");
            assertThat(analysis.getAction()).contains("client, principal, header NAME");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ranges      | 10.0.0.0/33  | "10.0.0.0/33"                          | 10.0.0.0/8, 2001:db8::/32
        ranges-file | /no/such/file | /no/such/file                         | the path of a file with one range a line
        max-clients | 0            | must be 1 to 1073741824                | 1 to 1073741824
        max-clients | many         | many                                   | 1 to 1073741824
        limits.x    | fast         | "fast" is not a limit                  | unlimited, or limits separated
        limits.x[0] | 1/s          | a limit is one text, not a list        | unlimited, or limits separated
        limits.7    | 1/s          | a number is an index of a list         | unlimited, or limits separated
        limit       | 1/s          | Headgate has no such property          | those of a plan are limits, ranges, ranges-file
        """)
    void namesThePlan(String key, String value, String reason, String form) {
        FailureAnalysis analysis = analysis(Map.of(
                "headgate.limits",
                "1/s",
                "headgate.plans.our-partners.ranges[0]",
                "192.0.2.1",
                "headgate.plans.our-partners.limits.api",
                "9/s",
                "headgate.plans.other.limits.api",
                "9/s",
                "headgate.plans.other." + key,
                value));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.plans.other." + key, "Value: \"" + value + "\"")
                .contains("Origin: \"headgate.plans.other." + key + "\"")
                .contains(reason);
        assertThat(analysis.getAction()).contains(form);
    }

    @Test
    void refusesPlansThatNobodyCanHave() {
        assertThat(analysis(Map.of("headgate.limits", "1/s", "headgate.plans.p.ranges", "::1"))
                        .getDescription())
                .contains("headgate.plans.p.limits is missing", "a plan needs limits, or unlimited");
        assertThat(analysis(Map.of("headgate.plans.p.ranges", "::1", "headgate.plans.p.limits", "1/s"))
                        .getDescription())
                .contains("Property: headgate.plans", "there are no headgate.limits, which hold for everybody");
        assertThat(analysis(Map.of("headgate.limits", "1/s", "headgate.plans.p.limits", "1/s"))
                        .getDescription())
                .contains("headgate.plans cannot be \"p\"", "nobody has it: it has no ranges and no ranges-file");
        assertThat(analysis(Map.of("headgate.limits", "1/s", "headgate.plans[a b].limits", "1/s"))
                        .getDescription())
                .contains("headgate.plans[a b]", "\"a b\" is not the name of a plan");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ipv4-prefix | 7          | the IPv4 prefix of a tier must be 8 to 31 bits, not 7 | a number of bits from 8 to 31
        ipv4-prefix | 32         | not 32, which is a single address      | a number of bits from 8 to 31
        ipv6-prefix | 31         | must be 32 to 127 bits, not 31         | fewer than headgate.ipv6-prefix
        ipv6-prefix | 64         | IPv6 has 64 bits by headgate.ipv6-prefix, so it would limit nothing | fewer than headgate.ipv6-prefix
        ipv6-prefix | /48        | /48                                    | a number of bits from 32
        everybody   | perhaps    | perhaps                                | true or false, and true only without prefixes
        max-clients | 0          | must be 1 to 1073741824                | 1 to 1073741824
        limits.x    | fast       | "fast" is not a limit                  | [NAME=]PERMITS/[COUNT]UNIT
        limits.x[0] | 1/s        | a limit is one text, not a list        | [NAME=]PERMITS/[COUNT]UNIT
        limits.7    | 1/s        | a number is an index of a list         | a list of limits and a map of names
        limit       | 1/s        | Headgate has no such property          | those of a tier are limits, ipv4-prefix, ipv6-prefix, everybody, max-clients
        """)
    void namesTheTier(String key, String value, String reason, String form) {
        Map<String, Object> properties = new HashMap<>(Map.of(
                "headgate.limits",
                "1/s",
                "headgate.tiers.net.limits.api",
                "9/s",
                "headgate.tiers.net.ipv4-prefix",
                "24"));
        properties.put("headgate.tiers.net." + key, value);
        FailureAnalysis analysis = analysis(properties);
        assertThat(analysis.getDescription())
                .contains("Property: headgate.tiers.net." + key, "Value: \"" + value + "\"")
                .contains("Origin: \"headgate.tiers.net." + key + "\"")
                .contains(reason);
        assertThat(analysis.getAction()).contains(form);
    }

    @Test
    void refusesTiersThatLimitNobody() {
        assertThat(analysis(Map.of("headgate.limits", "1/s", "headgate.tiers.t.everybody", "true"))
                        .getDescription())
                .contains("headgate.tiers.t.limits is missing", "a tier needs limits");
        assertThat(analysis(Map.of("headgate.limits", "1/s", "headgate.tiers.t.limits", "unlimited"))
                        .getDescription())
                .contains("headgate.tiers.t.limits cannot be \"unlimited\"", "is not a limit");
        FailureAnalysis incomplete = analysis(Map.of("headgate.limits", "1/s", "headgate.tiers.t.limits", "9/s"));
        assertThat(incomplete.getDescription())
                .contains("headgate.tiers.t is missing or incomplete", "it has neither ipv4-prefix nor ipv6-prefix");
        assertThat(incomplete.getAction()).contains("a map of names to tiers, each with limits, and with ipv4-prefix");
        assertThat(analysis(Map.of("headgate.tiers.t.everybody", "true", "headgate.tiers.t.limits", "1/s"))
                        .getDescription())
                .contains("headgate.tiers cannot be \"t: 1/1s everybody\"")
                .contains("there are no headgate.limits, beside which it would hold");
        assertThat(analysis(Map.of(
                                "headgate.limits", "1/s",
                                "headgate.tiers.t.everybody", "true",
                                "headgate.tiers.t.ipv6-prefix", "48",
                                "headgate.tiers.t.limits", "1/s"))
                        .getDescription())
                .contains("headgate.tiers.t.ipv6-prefix cannot be \"48\"", "it is of everybody");
        assertThat(analysis(Map.of(
                                "headgate.limits", "1/s",
                                "headgate.tiers.default.everybody", "true",
                                "headgate.tiers.default.limits", "1/s"))
                        .getDescription())
                .contains("headgate.tiers cannot be", "the limiter of the general limits has this name");
        assertThat(analysis(Map.of(
                                "headgate.limits", "1/s",
                                "headgate.tiers[a b].everybody", "true",
                                "headgate.tiers[a b].limits", "1/s"))
                        .getDescription())
                .contains("headgate.tiers[a b]", "\"a b\" is not the name of a tier");
    }

    @Test
    void refusesBothFormsOfLimitsInATier() {
        FailureAnalysis analysis = analysis(
                new MapPropertySource(
                        "base",
                        Map.of(
                                "headgate.limits",
                                "1/s",
                                "headgate.tiers.t.limits",
                                "5/s",
                                "headgate.tiers.t.everybody",
                                true)),
                new MapPropertySource("prod", Map.of("headgate.tiers.t.limits.api", "10/s")));
        assertThat(analysis.getDescription())
                .contains("headgate.tiers.t.limits cannot be \"5/s\"")
                .contains("headgate.tiers.t.limits.api = 10/s");
    }

    @Test
    void refusesBothFormsOfLimitsInAPlanAndNamesBothOrigins() {
        FailureAnalysis analysis = analysis(
                new MapPropertySource("base", Map.of("headgate.limits", "1/s", "headgate.plans.p.limits", "unlimited")),
                new MapPropertySource("prod", Map.of("headgate.plans.p.limits.api", "10/s")));
        assertThat(analysis.getDescription())
                .contains("headgate.plans.p.limits cannot be \"unlimited\"")
                .contains("headgate.plans.p.limits.api = 10/s")
                .contains("\"base\"", "\"prod\"");
    }

    /** Wherever it stands by mistake. */
    @ParameterizedTest
    @ValueSource(strings = {"headgate.secret[0]", "headgate.secrets", "headgate.plans.p.secret", "headgate.secret.key"})
    void showsNoSecret(String key) {
        FailureAnalysis analysis = analysis(Map.of("headgate.limits", "1/s", key, "open sesame"));
        assertThat(analysis.getDescription())
                .contains("Property: " + key, "Value: \"******\"")
                .doesNotContain("sesame");
        for (Throwable cause = analysis.getCause(); cause != null; cause = cause.getCause()) {
            assertThat(String.valueOf(cause.getMessage())).doesNotContain("sesame");
        }
    }

    @Test
    void refusesTwoThatKnowThePlansOfKeys() {
        PlanSource<String> source = key -> CompletableFuture.completedFuture("gold");
        WebApplicationContextRunner one = web.withPropertyValues("headgate.limits=1/s", "headgate.key=header X-API-Key")
                .withBean("one", PlanSource.class, () -> source);
        FailureAnalysis two = analysisOf(one.withBean("two", PlanSource.class, () -> source));
        assertThat(two.getDescription()).contains("The beans \"one\" and \"two\" are each a PlanSource");
        one.withBean("two", PlanSource.class, () -> source, bean -> bean.setPrimary(true))
                .run(context -> assertThat(context).hasNotFailed());
        FailureAnalysis both = analysisOf(one.withBean(
                "cache", PlanCache.class, () -> PlanCache.builder(source).build()));
        assertThat(both.getDescription()).contains("The beans \"one\" and \"cache\" are a PlanSource and a PlanCache");
        assertThat(both.getAction()).contains("Remove the PlanCache");
    }

    @Test
    void saysWhatASourceOfPlansNeeds() {
        PlanSource<String> source = key -> CompletableFuture.completedFuture("gold");
        WebApplicationContextRunner one =
                web.withPropertyValues("headgate.limits=1/s").withBean(PlanSource.class, () -> source);
        FailureAnalysis withoutKey = analysisOf(one);
        assertThat(withoutKey.getDescription())
                .contains("Property: headgate.key")
                .contains("a source of plans is asked about keys: say which, such as header X-API-Key");
        FailureAnalysis withoutCaffeine = analysisOf(one.withPropertyValues("headgate.key=header X-API-Key")
                .withClassLoader(new FilteredClassLoader("com.github.benmanes.caffeine")));
        assertThat(withoutCaffeine.getDescription()).contains("Caffeine, is not on the class path");
        assertThat(withoutCaffeine.getAction()).contains("com.github.ben-manes.caffeine:caffeine");
    }

    @Test
    void saysWhatEvictionByUseNeeds() {
        WebApplicationContextRunner without =
                web.withClassLoader(new FilteredClassLoader("com.github.benmanes.caffeine"));
        FailureAnalysis analysis = analysis(
                without, new MapPropertySource("file", Map.of("headgate.limits", "1/s", "headgate.overflow", "evict")));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.overflow", "Value: \"evict\"")
                .contains("it needs Caffeine, which is not on the class path: add the dependency"
                        + " com.github.ben-manes.caffeine:caffeine");
        assertThat(analysis.getAction())
                .isEqualTo("Correct headgate.overflow. It accepts share, allow, deny or evict.");
        without.withPropertyValues("headgate.limits=1/s", "headgate.overflow=deny")
                .run(context -> assertThat(context).hasNotFailed());
    }

    /** Nobody would tell of logins. The way out is named. */
    @ParameterizedTest
    @ValueSource(strings = {"headgate.charge-on", "headgate.rules[0].charge-on"})
    void failedLoginNeedsSpringSecurity(String key) {
        WebApplicationContextRunner without =
                web.withClassLoader(new FilteredClassLoader("org.springframework.security"));
        FailureAnalysis analysis = analysis(
                without,
                new MapPropertySource(
                        "file",
                        Map.of(
                                "headgate.rules[0].path",
                                "/login/*",
                                "headgate.rules[0].limits",
                                "5/minute",
                                key,
                                "failed-login, 401")));
        assertThat(analysis.getDescription())
                .contains("Property: " + key)
                .contains("Value: \"failed-login, 401\"")
                .contains("\"failed-login\" needs Spring Security, which is not there")
                .contains("name the responses to failed logins, such as 401")
                .contains("request attributes io.headgate.charge and io.headgate.refund");
        assertThat(analysis.getAction()).contains("with Spring Security failed-login too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"limits[0].api", "limits[0][0]", "limits.other.x", "limits.7"})
    void namesTheLimitOfARule(String key) {
        FailureAnalysis analysis = analysis(Map.of(
                "headgate.rules[0].path",
                "/x",
                "headgate.rules[0].limits.api",
                "1/s",
                "headgate.rules[0]." + key,
                "2/s"));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.rules[0]." + key)
                .contains("Value: \"2/s\"");
        assertThat(analysis.getAction()).contains("a list of limits and a map of names");
    }

    /** As YAML has it where the name of a limit is a number. */
    @ParameterizedTest
    @ValueSource(strings = {"headgate.limits[60]", "headgate.limits[1]", "headgate.limits.007"})
    void aNumberIsNotTheNameOfALimit(String key) {
        assertThat(analysis(Map.of(key, "1/s", "headgate.limits.api", "2/s")).getDescription())
                .contains("Property: headgate.limits." + key.replaceAll("\\D", ""))
                .contains("Value: \"1/s\"")
                .contains("Origin: \"" + key + "\"");
    }

    @Test
    void refusesARuleWithoutPathOrLimits() {
        assertThat(analysis(Map.of("headgate.rules[0].limits", "1/s")).getDescription())
                .contains("headgate.rules[0].path is missing")
                .contains("a rule needs a path");
        assertThat(analysis(Map.of("headgate.rules[0].path", "/x")).getDescription())
                .contains("headgate.rules[0].limits is missing")
                .contains("a rule needs limits, or unlimited: true");
    }

    @Test
    void refusesRulesThatLimitNothing() {
        assertThat(analysis(Map.of("headgate.rules[0].path", "/x", "headgate.rules[0].unlimited", "true"))
                        .getDescription())
                .contains("headgate.limits is missing")
                .contains("nothing would be limited");
    }

    @Test
    void refusesProxiesAndHops() {
        assertThat(analysis(Map.of(
                                "headgate.limits", "1/s",
                                "headgate.trusted-hops", "1",
                                "headgate.trusted-proxies", "10.0.0.0/8"))
                        .getDescription())
                .contains("Property: headgate.trusted-hops")
                .contains("headgate.trusted-proxies is set too");
    }

    @Test
    void refusesBothFormsOfLimitsAndNamesBothOrigins() {
        FailureAnalysis analysis = analysis(
                new MapPropertySource("application.yml", Map.of("headgate.limits", "100/minute")),
                new MapPropertySource("application-prod.yml", Map.of("headgate.limits.api", "10/s")));
        assertThat(analysis.getDescription())
                .contains("headgate.limits cannot be \"100/minute\"")
                .contains("it is one text (\"headgate.limits\" from property source \"application.yml\")")
                .contains("headgate.limits.api = 10/s, \"headgate.limits.api\" from property source"
                        + " \"application-prod.yml\"");
    }

    @Test
    void refusesBothFormsOfLimitsInARule() {
        FailureAnalysis analysis = analysis(Map.of(
                "headgate.rules[0].path", "/x",
                "headgate.rules[0].limits", "1/s",
                "headgate.rules[0].limits.api", "2/s"));
        assertThat(analysis.getDescription())
                .contains("Property: headgate.rules[0].limits")
                .contains("one text and a map or a list at once (headgate.rules[0].limits.api)");
    }

    @Test
    void refusesUnknownKeys() {
        FailureAnalysis analysis = analysis(Map.of("headgate.limits", "1/s", "headgate.trusted-proxy", "10.0.0.0/8"));
        assertThat(analysis.getDescription())
                .contains("Headgate has no such property")
                .contains("Property: headgate.trusted-proxy")
                .contains("Value: \"10.0.0.0/8\"")
                .contains("Origin: \"headgate.trusted-proxy\" from property source \"file\"");
        assertThat(analysis.getAction()).contains("trusted-proxies, forwarded-header, trusted-hops");
    }

    @Test
    void refusesUnknownKeysOfARuleBeforeItAsksForOthers() {
        FailureAnalysis analysis = analysis(Map.of("headgate.rules[0].pth", "/x", "headgate.rules[0].limits", "1/s"));
        assertThat(analysis.getDescription())
                .contains("Headgate has no such property")
                .contains("Property: headgate.rules[0].pth")
                .doesNotContain("missing");
        assertThat(analysis.getAction()).contains("those of a rule are name, path, methods");
    }

    @Test
    void refusesTwoLimitersThatAreBothAskedToLimitAllRequests() {
        FailureAnalysis analysis = analysisOf(web.withUserConfiguration(Qualified.class, ByName.class));
        assertThat(analysis.getDescription()).contains("\"headgateLimiter\"").contains("\"mails\"");
        assertThat(analysis.getAction()).contains("all of them but one");
    }

    /** Of types of which one takes the place of ours. */
    @Test
    void refusesTwoBeansOfATypeThatTakesOverUnlessOneIsPrimary() {
        refusesTwo(DeniedResponse.class, () -> (request, response, decision) -> {}, "make one of them @Primary");
        refusesTwo(ClientAddressResolver.class, () -> request -> null, "make one of them @Primary");
        refusesTwo(Ticker.class, FakeTicker::new, "make one of them @Primary");
        refusesTwo(RateLimitFilter.class, FailureTextTest::filter, "FilterRegistrationBean<RateLimitFilter>");
    }

    private <T> void refusesTwo(Class<T> type, Supplier<T> bean, String action) {
        WebApplicationContextRunner limited =
                web.withPropertyValues("headgate.limits=1/s").withBean("one", type, bean);
        FailureAnalysis analysis = analysisOf(limited.withBean("two", type, bean));
        assertThat(analysis.getDescription())
                .contains("The beans \"one\" and \"two\" are each a " + type.getSimpleName());
        assertThat(analysis.getAction()).contains(action);
        if (type != RateLimitFilter.class && type != Ticker.class) {
            // Also where nobody would take them.
            WebApplicationContextRunner own = web.withBean("own", RateLimitFilter.class, FailureTextTest::filter)
                    .withBean("one", type, bean);
            assertThat(analysisOf(own.withBean("two", type, bean)).getDescription())
                    .contains("The beans \"one\" and \"two\" are each a " + type.getSimpleName());
        }
        limited.withBean("two", type, bean, two -> two.setPrimary(true))
                .run(context -> assertThat(context).hasNotFailed());
        limited.withBean("two", type, bean)
                .withPropertyValues("headgate.enabled=false")
                .run(context -> assertThat(context).hasNotFailed());
    }

    private static RateLimitFilter filter() {
        return RateLimitFilter.builder().limits(Limit.perDay(1)).build();
    }

    /** Who registers filters says where each comes. */
    @Test
    void leavesTwoFiltersAloneThatTheApplicationRegisters() {
        web.withUserConfiguration(TwoFilters.class)
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .getBeanNames(FilterRegistrationBean.class)
                        .containsExactly("first", "second"));
    }

    static class TwoFilters {
        @Bean
        FilterRegistrationBean<RateLimitFilter> first() {
            return new FilterRegistrationBean<>(one());
        }

        @Bean
        FilterRegistrationBean<RateLimitFilter> second() {
            return new FilterRegistrationBean<>(two());
        }

        @Bean
        RateLimitFilter one() {
            return filter();
        }

        @Bean
        RateLimitFilter two() {
            return filter();
        }
    }

    @Test
    void takesThePrimaryOneOfTwoLimitersThatAreAsked() {
        web.withUserConfiguration(ByName.class, PrimaryOne.class).run(context -> {
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(429);
        });
    }

    @Test
    void refusesALimiterThatIsAskedBesideLimits() {
        FailureAnalysis analysis =
                analysisOf(web.withUserConfiguration(Qualified.class).withPropertyValues("headgate.limits=1/s"));
        assertThat(analysis.getDescription()).contains("\"mails\"").contains("headgate.limits is set too");
    }

    @Test
    void refusesALimiterThatIsAskedAndHasOtherKeys() {
        FailureAnalysis analysis =
                analysisOf(web.withUserConfiguration(OfNames.class)); // whether or not there are limits
        assertThat(analysis.getDescription())
                .contains("\"headgateLimiter\"")
                .contains("its keys are not client addresses");
        assertThat(analysis.getAction()).contains("Limiter<ClientAddress>");
    }

    private static FailureAnalysis analysisOf(WebApplicationContextRunner runner) {
        List<FailureAnalysis> analysis = new ArrayList<>();
        runner.run(context -> {
            assertThat(context).hasFailed();
            analysis.add(first(context.getStartupFailure(), new StandardEnvironment()));
        });
        return analysis.get(0);
    }

    private static LocalLimiter<ClientAddress> limiter() {
        return Limiter.forAddresses(Limit.perDay(1)).build();
    }

    static class PrimaryOne {
        @Bean
        @Primary
        @Qualifier("headgate")
        LocalLimiter<ClientAddress> other() {
            return Limiter.forAddresses(Limit.perDay(2)).build();
        }
    }

    static class Qualified {
        @Bean
        @Qualifier("headgate")
        LocalLimiter<ClientAddress> mails() {
            return limiter();
        }

        /** A limiter for something else. */
        @Bean
        LocalLimiter<ClientAddress> reports() {
            return limiter();
        }
    }

    static class OfNames {
        @Bean
        LocalLimiter<String> headgateLimiter() {
            return Limiter.<String>builder(Limit.perDay(1)).build();
        }
    }

    static class ByName {
        @Bean
        LocalLimiter<ClientAddress> headgateLimiter() {
            return limiter();
        }
    }

    @Test
    void leavesOtherFailuresToOthers() {
        assertThat(new HeadgateFailureAnalyzer(null).analyze(new BeanCreationException("no")))
                .isNull();
        assertThat(
                        new HeadgateFailureAnalyzer(null)
                                .analyze(new org.springframework.boot.context.properties.source
                                        .InvalidConfigurationPropertyValueException("headgatekeeper.x", 1, "no")))
                .isNull();
    }

    /** As it is written, not as a binder makes a key of it. */
    @Test
    void aNameThatIsNotAsciiIsShownAsItIsWritten() {
        for (String key : List.of("headgate.limits.t\u00e4glich", "headgate.limits[t\u00e4glich]")) {
            FailureAnalysis analysis = analysis(Map.of(key, "500/day", "headgate.limits.burst", "10/s"));
            assertThat(analysis.getDescription()).as(key).contains("t\u00e4glich", "500/day", "\"file\"");
            assertThat(analysis.getAction()).as(key).contains("headgate.limits");
        }
        FailureAnalysis text = analysis(Map.of("headgate.limits", "t\u00e4glich=500/day"));
        assertThat(text.getDescription()).contains("t\u00e4glich=500/day", "\"file\"");
    }
}
