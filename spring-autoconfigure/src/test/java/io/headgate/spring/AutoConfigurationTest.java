package io.headgate.spring;

import static io.headgate.spring.Requests.registration;
import static io.headgate.spring.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.ClientDenied;
import io.headgate.http.Rule;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.SweeperThreads;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.servlet.Filter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.PayloadApplicationEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.mock.web.MockFilterConfig;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockServletContext;
import org.springframework.web.filter.CharacterEncodingFilter;

@ExtendWith(OutputCaptureExtension.class)
class AutoConfigurationTest {

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withBean(Ticker.class, FakeTicker::new)
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    private static void get(ApplicationContext context, String path) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", path);
        request.setServletPath(path);
        assertThat(status(context, request)).isEqualTo(200);
    }

    @Test
    void registersTheFilter() {
        web.withPropertyValues("headgate.limits=2/minute").run(context -> {
            FilterRegistrationBean<?> registration = registration(context);
            assertThat(registration.getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE + 40);
            assertThat(registration.isAsyncSupported()).isTrue();
            assertThat(registration.getFilter()).isSameAs(context.getBean(RateLimitFilter.class));
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(429);
            assertThat(status(context, "192.0.2.2")).isEqualTo(200);
        });
    }

    @Test
    void saysOnceThatNothingIsConfigured(CapturedOutput output) {
        web.run(context -> {
            assertThat(context).doesNotHaveBean(Filter.class).doesNotHaveBean("headgateFilterRegistration");
            assertThat(output.getAll()).containsOnlyOnce("No request is limited: set headgate.limits");
        });
    }

    @Test
    void isAbsentOutsideOfTheWeb(CapturedOutput output) {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues("headgate.limits=2/minute")
                .run(context -> {
                    assertThat(context)
                            .doesNotHaveBean(HeadgateProperties.class)
                            .doesNotHaveBean(ApplicationLimiters.class);
                    assertThat(output).doesNotContain("No request is limited");
                });
    }

    @Test
    void saysOnceThatAReactiveApplicationIsNotLimited(CapturedOutput output) {
        new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues("headgate.limits=2/minute")
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(ApplicationLimiters.class);
                    assertThat(output.getAll())
                            .containsOnlyOnce("HG-109: No request is limited")
                            .contains("this is a reactive web application");
                });
    }

    @Test
    void startsWithoutTheActuatorAndWithoutMicrometer() {
        web.withPropertyValues("headgate.limits=1/minute")
                .withClassLoader(
                        new FilteredClassLoader("org.springframework.boot.actuate", "io.micrometer.core.instrument"))
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(HealthPaths.class);
                    assertThat(context).doesNotHaveBean("headgateMetrics");
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(429);
                });
    }

    @Test
    void isAbsentWithoutTheServletApi() {
        web.withPropertyValues("headgate.limits=1/minute")
                .withClassLoader(new FilteredClassLoader(RateLimitFilter.class))
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(HeadgateProperties.class));
    }

    @Test
    void wrapsAFilterOfTheUsersOwn(CapturedOutput output) {
        RateLimitFilter own = RateLimitFilter.builder(
                        Limiter.forAddresses(Limit.parse("1/day")).build())
                .build();
        web.withBean(RateLimitFilter.class, () -> own)
                .withPropertyValues("headgate.limits=9/s")
                .run(context -> {
                    assertThat(context).hasSingleBean(RateLimitFilter.class).hasBean("headgateFilterRegistration");
                    assertThat(registration(context).getFilter()).isSameAs(own);
                    assertThat(output).contains("headgate.limits and headgate.rules are not used");
                });
    }

    @Test
    void leavesARegistrationOfTheUsersOwnAlone() {
        web.withUserConfiguration(OwnRegistration.class)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> {
                    assertThat(context).doesNotHaveBean("headgateFilterRegistration");
                    assertThat(context).doesNotHaveBean(RateLimitFilter.class);
                    assertThat(registration(context).getOrder()).isEqualTo(7);
                });
    }

    @Test
    void comesBesideRegistrationsOfOtherFilters() {
        web.withUserConfiguration(OtherRegistration.class)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> assertThat(context.getBeanNamesForType(FilterRegistrationBean.class))
                        .containsExactlyInAnyOrder(
                                "encoding", "headgateFilterRegistration", "headgateLoginFilterRegistration"));
    }

    @Test
    void takesALimiterOfTheUsersOwnThatIsAskedByName() {
        web.withUserConfiguration(OwnLimiter.class).run(context -> {
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(429);
        });
    }

    @Test
    void takesALimiterOfTheUsersOwnThatIsAskedByQualifier() {
        web.withUserConfiguration(QualifiedLimiter.class).run(context -> {
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(429);
            assertThat(shown(context)).containsExactly("pages", "health");
        });
    }

    @Test
    void leavesALimiterForSomethingElseAlone(CapturedOutput output) {
        web.withUserConfiguration(LimiterOfMails.class, LimiterOfNames.class)
                .withPropertyValues("headgate.limits=2/day")
                .run(context -> {
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(429);
                    assertThat(output.getAll())
                            .containsOnlyOnce("The limiter bean \"mails\" does not limit requests by itself")
                            .doesNotContain("\"names\"");
                    // It is visible all the same.
                    assertThat(shown(context)).containsExactly("default", "health", "mails", "names");
                    LimiterRegistry registry = context.getBean(LimiterRegistry.class);
                    assertThat((Object)
                                    registry.get("mails", ClientAddress.class).orElseThrow())
                            .isSameAs(context.getBean("mails"));
                    assertThat((Object) registry.get("names", String.class).orElseThrow())
                            .isSameAs(context.getBean("names"));
                });
        web.withUserConfiguration(LimiterOfMails.class)
                .run(context -> assertThat(context).doesNotHaveBean(RateLimitFilter.class));
    }

    /** A limiter that is a bean may well be used by a filter of the application's own. */
    @Test
    void saysNothingOfLimitersBesideAFilterOfTheUsersOwn(CapturedOutput output) {
        web.withUserConfiguration(OwnFilter.class).run(context -> {
            assertThat(status(context, "192.0.2.1")).isEqualTo(200);
            assertThat(status(context, "192.0.2.1")).isEqualTo(429);
            assertThat(shown(context)).containsExactly("pages");
            assertThat(output).doesNotContain("does not limit requests");
        });
    }

    /** Two filters without a name have those of their registrations: nobody starts them before a container has named them. */
    @Test
    void leavesFiltersOfTheUsersOwnToTheirContainer() {
        web.withBean("one", RateLimitFilter.class, AutoConfigurationTest::unnamed)
                .withBean("two", RateLimitFilter.class, AutoConfigurationTest::unnamed)
                .withBean(LookingEarly.class)
                .run(context -> {
                    assertThat(context.getBean(LookingEarly.class).seen).isEmpty();
                    MockServletContext container = new MockServletContext();
                    for (String name : List.of("one", "two")) {
                        context.getBean(name, RateLimitFilter.class).init(new MockFilterConfig(container, name));
                    }
                    assertThat(shown(context)).containsExactly("one", "two");
                });
    }

    private static RateLimitFilter unnamed() {
        return RateLimitFilter.builder().limits(Limit.perDay(1)).build();
    }

    /** As metrics and other things do while the application starts. */
    static class LookingEarly implements SmartInitializingSingleton {

        private final ApplicationLimiters limiters;
        private List<ApplicationLimiters.Shown> seen = List.of();

        LookingEarly(ApplicationLimiters limiters) {
            this.limiters = limiters;
        }

        @Override
        public void afterSingletonsInstantiated() {
            seen = limiters.all();
        }
    }

    private static List<String> shown(ApplicationContext context) {
        return context.getBean(ApplicationLimiters.class).all().stream()
                .map(ApplicationLimiters.Shown::name)
                .toList();
    }

    @Test
    void aClientIsPeekedAtAndResetByTheNameOfALimiter() {
        web.withPropertyValues(
                        "headgate.limits=1/day",
                        "headgate.rules[0].name=login",
                        "headgate.rules[0].path=/login",
                        "headgate.rules[0].limits=5/minute")
                .run(context -> {
                    status(context, "192.0.2.1");
                    assertThat(status(context, "192.0.2.1")).isEqualTo(429);
                    LimiterRegistry registry = context.getBean(LimiterRegistry.class);
                    Limiter<ClientAddress> limiter =
                            registry.get("default", ClientAddress.class).orElseThrow();
                    ClientAddress client = ClientAddress.parse("192.0.2.1");
                    assertThat(limiter.peek(client, 1).allowed()).isFalse();
                    limiter.reset(client);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(registry.limiters()).containsOnlyKeys("default", "login", "health");
                });
    }

    /** Nothing limits a request that no rule matches, also if nobody can tell which rule that would be. */
    @Test
    void limitsRulesAlone() {
        web.withPropertyValues("headgate.rules[0].path=/login", "headgate.rules[0].limits=1/day")
                .run(context -> {
                    for (int i = 0; i < 3; i++) {
                        assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                        assertThat(status(context, undecodable())).isEqualTo(200);
                    }
                    assertThat(shown(context)).containsExactly("/login", "health");
                    assertThat(context.getBean(RateLimitFilter.class).stats().uncharged())
                            .isEqualTo(6);
                });
    }

    private static MockHttpServletRequest undecodable() {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/%zz") {
            @Override
            public String getServletPath() {
                throw new IllegalArgumentException("cannot be decoded");
            }
        };
        request.setRemoteAddr("192.0.2.1");
        return request;
    }

    @Test
    void publishesADeniedClientOnceAMinute() {
        List<ClientDenied> events = new CopyOnWriteArrayList<>();
        web.withPropertyValues("headgate.limits=1/day")
                .withInitializer(context -> context.addApplicationListener(event -> {
                    if (event instanceof PayloadApplicationEvent<?> payload
                            && payload.getPayload() instanceof ClientDenied denied) {
                        events.add(denied);
                    }
                }))
                .run(context -> {
                    for (int i = 0; i < 5; i++) {
                        status(context, "192.0.2.1");
                    }
                    assertThat(events)
                            .containsExactly(new ClientDenied(ClientAddress.parse("192.0.2.1"), "default", false));
                });
    }

    @Test
    void takesNoLimiterOfOtherKeys() {
        web.withUserConfiguration(LimiterOfNames.class)
                .run(context -> assertThat(context).doesNotHaveBean(RateLimitFilter.class));
    }

    @Test
    void takesAResolverOfTheUsersOwn() {
        web.withBean(ClientAddressResolver.class, () -> request -> ClientAddress.parse("198.51.100.1"))
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> {
                    assertThat(context).hasSingleBean(ClientAddressResolver.class);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.2")).isEqualTo(429);
                });
    }

    @Test
    void takesAnAnswerOfTheUsersOwn() {
        web.withBean(DeniedResponse.class, () -> (request, response, decision) -> response.setStatus(420))
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> {
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(420);
                });
    }

    private static Set<String> measured(MeterRegistry registry) {
        return registry.getMeters().stream()
                .map(meter -> String.valueOf(meter.getId().getTag("limiter")))
                .filter(limiter -> !limiter.equals("null"))
                .collect(Collectors.toSet());
    }

    private static double allowed(MeterRegistry registry, String limiter) {
        return registry.get("headgate.decisions")
                .tags("limiter", limiter, "outcome", "allowed")
                .functionCounter()
                .count();
    }

    @Test
    void metersFollowTheLimitersOfAConfigurationThatIsReplaced() {
        web.withPropertyValues(
                        "headgate.limits=1/day",
                        "headgate.health=limited",
                        "headgate.rules[0].path=/kept",
                        "headgate.rules[0].limits=1/day",
                        "headgate.rules[1].path=/gone",
                        "headgate.rules[1].limits=1/day")
                .run(context -> {
                    SimpleMeterRegistry registry = new SimpleMeterRegistry();
                    SimpleMeterRegistry other = new SimpleMeterRegistry();
                    MeterBinder meters = context.getBean("headgateMetrics", MeterBinder.class);
                    meters.bindTo(registry);
                    meters.bindTo(other);
                    RateLimitFilter filter = context.getBean(RateLimitFilter.class);
                    assertThat(measured(registry)).containsExactlyInAnyOrder("default", "/kept", "/gone");
                    Meter kept = registry.get("headgate.decisions")
                            .tags("limiter", "/kept", "outcome", "allowed")
                            .meter();
                    get(context, "/");
                    assertThat(allowed(registry, "default")).isEqualTo(1);
                    filter.replace(RateLimitFilter.builder()
                            .ticker(context.getBean(Ticker.class))
                            .limits(Limit.perDay(7))
                            .rule(Rule.parse("/kept 1/day"), Rule.parse("new: /new 1/day dry-run")));
                    get(context, "/new");
                    get(context, "/new");
                    for (MeterRegistry each : List.of(registry, other)) {
                        assertThat(measured(each)).containsExactlyInAnyOrder("default", "/kept", "new");
                        assertThat(allowed(each, "default")).isZero();
                        assertThat(allowed(each, "new")).isEqualTo(1);
                        assertThat(each.get("headgate.decisions")
                                        .tags("limiter", "new", "outcome", "dry_run_denied", "limit", "1-per-86400s")
                                        .functionCounter()
                                        .count())
                                .isEqualTo(1);
                        assertThat(each.find("headgate.decisions")
                                        .tag("outcome", "failed")
                                        .meters())
                                .hasSize(1);
                    }
                    assertThat(registry.getMeters()).contains(kept);
                });
    }

    @Test
    void takesMetersOfTheUsersOwn() {
        MeterBinder own = registry -> {};
        web.withBean("headgateMetrics", MeterBinder.class, () -> own)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> assertThat(context.getBean(MeterBinder.class)).isSameAs(own));
    }

    @Test
    void sweepsAllItsLimitersByOneThreadAndEndsItWithTheApplication() {
        web.withPropertyValues(
                        "headgate.limits=1/s",
                        "headgate.rules[0].name=ending",
                        "headgate.rules[0].path=/x",
                        "headgate.rules[0].limits=1/s")
                .run(context -> {
                    SweeperThreads sweepers = new SweeperThreads();
                    web.withPropertyValues(
                                    "headgate.limits=1/s", "headgate.rules[0].path=/x", "headgate.rules[0].limits=1/s")
                            .run(other -> {
                                List<Thread> begun = sweepers.begun();
                                assertThat(other.getBean(LimiterRegistry.class).limiters())
                                        .hasSize(3);
                                assertThat(begun).hasSize(1);
                                other.close();
                                assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
                            });
                });
    }

    static class OwnRegistration {
        @Bean
        FilterRegistrationBean<RateLimitFilter> own() {
            var registration = new FilterRegistrationBean<>(RateLimitFilter.builder(
                            Limiter.forAddresses(Limit.parse("1/day")).build())
                    .build());
            registration.setOrder(7);
            return registration;
        }
    }

    static class OtherRegistration {
        @Bean
        FilterRegistrationBean<CharacterEncodingFilter> encoding() {
            return new FilterRegistrationBean<>(new CharacterEncodingFilter());
        }
    }

    static class OwnLimiter {
        @Bean
        LocalLimiter<ClientAddress> headgateLimiter() {
            return Limiter.forAddresses(Limit.parse("1/day")).build();
        }
    }

    static class OwnFilter {
        @Bean
        LocalLimiter<ClientAddress> pages() {
            return Limiter.forAddresses(Limit.perDay(1)).name("pages").build();
        }

        @Bean
        RateLimitFilter filter(Limiter<ClientAddress> pages) {
            return RateLimitFilter.builder(pages).build();
        }
    }

    static class QualifiedLimiter {
        @Bean
        @Qualifier("headgate")
        Limiter<ClientAddress> pages() {
            return Limiter.forAddresses(Limit.parse("1/day")).build();
        }
    }

    static class LimiterOfMails {
        @Bean
        LocalLimiter<ClientAddress> mails() {
            return Limiter.forAddresses(Limit.parse("1/day")).build();
        }
    }

    static class LimiterOfNames {
        @Bean
        LocalLimiter<String> names() {
            return Limiter.<String>builder(Limit.parse("1/day")).build();
        }
    }
}
