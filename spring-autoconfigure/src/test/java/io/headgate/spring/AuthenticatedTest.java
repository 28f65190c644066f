package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.FilterStats;
import io.headgate.http.RequestLimiter;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;

/** Rules that decide behind Spring Security, in an application whose users log in by HTTP Basic; each test has users of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class AuthenticatedTest {

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Users.class,
                "headgate.limits=10/day",
                "headgate.exempt=127.0.9.0/24",
                "headgate.rules[0].path=/*",
                "headgate.rules[0].unlimited=true",
                "headgate.rules[0].when=role STAFF",
                "headgate.rules[0].stage=authenticated",
                "headgate.rules[1].name=users",
                "headgate.rules[1].path=/*",
                "headgate.rules[1].limits=3/day",
                "headgate.rules[1].key=principal",
                "headgate.rules[1].stage=authenticated",
                "management.endpoints.web.exposure.include=headgate,metrics");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private List<Integer> statuses(String from, int times, String... fields) throws IOException {
        return site.statuses(from, "/hello", times, fields);
    }

    private static String user(String name) {
        return Login.basic(name, name);
    }

    @Test
    void usersBehindOneAddressHaveALimitEach() throws IOException {
        assertThat(statuses("127.0.1.1", 4, user("ann"))).containsExactly(200, 200, 200, 429);
        assertThat(statuses("127.0.1.1", 4, user("bob"))).containsExactly(200, 200, 200, 429);
        // What was denied is the address's, and so is what nobody sends.
        assertThat(statuses("127.0.1.1", 9)).containsExactly(200, 200, 200, 200, 200, 200, 200, 200, 429);
        // Wherever they are.
        assertThat(statuses("127.0.1.2", 1, user("ann"))).containsExactly(429);
        assertThat(statuses("127.0.1.2", 9)).containsOnly(200);
        assertThat(statuses("127.0.1.2", 1)).containsExactly(429);
    }

    @Test
    void wrongPasswordsCountByAddress() throws IOException {
        assertThat(statuses("127.0.1.3", 11, Login.basic("cid", "wrong")))
                .startsWith(401)
                .endsWith(401, 429)
                .doesNotContain(200);
        assertThat(statuses("127.0.1.4", 3, user("cid"))).containsOnly(200);
    }

    @Test
    void aRoleLeadsPastTheLimits() throws IOException {
        assertThat(statuses("127.0.1.5", 25, user("dan"))).containsOnly(200);
        assertThat(statuses("127.0.1.5", 11)).endsWith(200, 429);
    }

    @Test
    void clientsAreToldOfWhatHolds() throws IOException {
        Reply reply = site.get("127.0.1.6", "/hello", user("eve"));
        assertThat(reply.fields())
                .contains("RateLimit: \"3-per-86400s\";r=2;t=57600")
                .noneMatch(field -> field.contains("10-per-86400s"));
        assertThat(site.get("127.0.1.6", "/hello").fields()).contains("RateLimit: \"10-per-86400s\";r=9;t=77760");
        statuses("127.0.1.6", 2, user("eve"));
        Reply denied = site.get("127.0.1.6", "/hello", user("eve"));
        assertThat(denied.status()).isEqualTo(429);
        assertThat(denied.field("Retry-After")).isEqualTo("28800");
        assertThat(denied.body()).contains("3-per-86400s");
    }

    @Test
    void anAsynchronousRequestCostsOnce() throws IOException {
        assertThat(site.get("127.0.1.7", "/async", user("fay")).fields())
                .contains("RateLimit: \"3-per-86400s\";r=2;t=57600");
        assertThat(statuses("127.0.1.7", 3, user("fay"))).containsExactly(200, 200, 429);
    }

    @Test
    void bothFiltersAreShown() throws IOException {
        ApplicationLimiters limiters = site.context().getBean(ApplicationLimiters.class);
        assertThat(limiters.requestLimiters())
                .extracting(RequestLimiter::name)
                .containsExactly("headgate", "headgate-authenticated");
        // Who looks for the filter of the starter finds the first.
        RateLimitFilter first = site.context().getBean(RateLimitFilter.class);
        assertThat(first.limits().name()).isEqualTo("headgate");
        assertThat(site.context().getBeansOfType(FilterRegistrationBean.class).values())
                .filteredOn(registration -> registration.getFilter() instanceof RateLimitFilter)
                .hasSize(1);
        FilterStats before = limiters.stats();
        statuses("127.0.1.8", 4, user("gus"));
        assertThat(limiters.stats().allowed() - before.allowed()).isEqualTo(4 + 3);
        assertThat(limiters.stats().denied() - before.denied()).isEqualTo(1);
        assertThat(site.get("127.0.9.1", "/actuator/headgate").body())
                .contains("\"users\":{\"limits\":{\"3-per-86400s\":{")
                .contains("\"warnings\":{}");
        assertThat(site.context()
                        .getBean(MeterRegistry.class)
                        .get("headgate.decisions")
                        .tags("limiter", "users", "outcome", "denied", "limit", "3-per-86400s")
                        .functionCounter()
                        .count())
                .isPositive();
    }

    // where it is

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
            .withPropertyValues("headgate.limits=9/day");

    private static DelegatingFilterProxyRegistrationBean second(ApplicationContext context) {
        return context.getBean("headgateAuthenticatedFilterRegistration", DelegatingFilterProxyRegistrationBean.class);
    }

    private static final String[] RULE = {
        "headgate.rules[0].path=/api/*",
        "headgate.rules[0].limits=1/day",
        "headgate.rules[0].key=principal",
        "headgate.rules[0].stage=authenticated"
    };

    @Test
    void comesRightBehindSpringSecurity() {
        web.withPropertyValues(RULE).run(context -> {
            assertThat(second(context).getOrder()).isEqualTo(-99);
            assertThat(second(context).isEnabled()).isTrue();
            assertThat(second(context).isAsyncSupported()).isTrue();
        });
        web.withPropertyValues(RULE)
                .withPropertyValues("spring.security.filter.order=7")
                .run(context -> assertThat(second(context).getOrder()).isEqualTo(8));
        web.withPropertyValues(RULE)
                .withPropertyValues("headgate.order=50")
                .run(context -> assertThat(second(context).getOrder()).isEqualTo(51));
        web.withPropertyValues(RULE)
                .withPropertyValues("headgate.order=2147483647")
                .run(context -> assertThat(second(context).getOrder()).isEqualTo(2147483647));
    }

    @Test
    void isThereOnlyForRulesOfOurs() {
        web.run(context -> {
            assertThat(second(context).isEnabled()).isFalse();
            assertThat(context.getBean(ApplicationLimiters.class).filters()).hasSize(1);
        });
        web.withPropertyValues(RULE).withPropertyValues("headgate.enabled=off").run(context -> {
            assertThat(second(context).isEnabled()).isFalse();
            assertThat(context.getBean(AuthenticatedFilter.class).filter()).isNull();
        });
        web.withPropertyValues(RULE)
                .withBean(
                        RateLimitFilter.class,
                        () -> RateLimitFilter.builder().limits(Limit.perDay(1)).build())
                .run(context -> {
                    assertThat(second(context).isEnabled()).isFalse();
                    assertThat(context.getBean(SetupAdvice.class).warnings()).containsKey("HG-103");
                });
    }

    /** Then the first has nothing to limit, which is not warned of. */
    @Test
    void mayBeTheOnlyOne(CapturedOutput output) {
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues(RULE)
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(Requests.registration(context).isEnabled()).isFalse();
                    assertThat(second(context).isEnabled()).isTrue();
                    assertThat(context.getBean(ApplicationLimiters.class).filters())
                            .containsExactly(
                                    context.getBean(AuthenticatedFilter.class).filter());
                    assertThat(output).doesNotContain("HG-1");
                });
    }

    @Test
    void theFirstMayBeAboutPrincipalsBehindSpringSecurityOrWithoutIt() {
        String[] first = {
            "headgate.key=client + principal",
            "headgate.rules[0].path=/api/*",
            "headgate.rules[0].limits=1/day",
            "headgate.rules[0].key=principal",
            "headgate.rules[0].when=authenticated"
        };
        web.withPropertyValues(first).run(context -> assertThat(context).hasFailed());
        web.withPropertyValues(first)
                .withPropertyValues("headgate.order=-100")
                .run(context -> assertThat(context).hasFailed());
        web.withPropertyValues(first)
                .withPropertyValues("headgate.order=-99")
                .run(context -> assertThat(context).hasNotFailed());
        web.withPropertyValues(first)
                .withClassLoader(new FilteredClassLoader("org.springframework.security"))
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Shop.Pages.class)
    static class Users {

        @Bean
        FakeTicker ticker() {
            return new FakeTicker();
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                    .httpBasic(Customizer.withDefaults())
                    .build();
        }

        @Bean
        UserDetailsService users() {
            List<UserDetails> users = new ArrayList<>();
            for (String name : List.of("ann", "bob", "cid", "dan", "eve", "fay", "gus")) {
                users.add(User.withUsername(name)
                        .password("{noop}" + name)
                        .roles(name.equals("dan") ? "STAFF" : "USER")
                        .build());
            }
            return new InMemoryUserDetailsManager(users);
        }
    }
}
