package io.headgate.spring;

import static io.headgate.spring.Requests.registration;
import static io.headgate.spring.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.Ticker;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.SweeperThreads;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** {@code headgate.enabled}: what one reaches for in an incident. */
@ExtendWith(OutputCaptureExtension.class)
class EnabledTest {

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withBean(Ticker.class, FakeTicker::new)
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    private static RateLimitFilter oneADay() {
        return RateLimitFilter.builder().limits(Limit.perDay(1)).build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "no", "off", "0", "FALSE", "No"})
    void letsEverythingPassWhenDisabled(String disabled, CapturedOutput output) {
        web.withPropertyValues("headgate.enabled=" + disabled, "headgate.limits=1/day")
                .run(context -> {
                    assertThat(context).hasNotFailed().hasSingleBean(RateLimitFilter.class);
                    assertThat(registration(context).isEnabled()).isFalse();
                    // Also where the application has put the filter itself.
                    for (int i = 0; i < 3; i++) {
                        assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    }
                    assertThat(status(context, "nonsense")).isEqualTo(200);
                    assertThat(output.getAll())
                            .containsOnlyOnce("HG-102: No request is limited: headgate.enabled is " + disabled);
                    assertThat(context.getBean(ApplicationLimiters.class).all()).isEmpty();
                });
    }

    /** A limiter that cannot be made is no reason not to start. */
    @Test
    void makesNoBeanThatNobodyAsksFor() {
        web.withPropertyValues("headgate.enabled=false")
                .withBean(SimpleMeterRegistry.class)
                .withBean(
                        "lazy",
                        Limiter.class,
                        () -> {
                            throw new IllegalStateException("made");
                        },
                        bean -> bean.setLazyInit(true))
                .run(context -> assertThat(context).hasNotFailed());
    }

    /** As an operator switches it off in an incident. */
    @Test
    void aVariableDisables(CapturedOutput output) {
        web.withInitializer(context -> {
                    String environment = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
                    context.getEnvironment()
                            .getPropertySources()
                            .replace(
                                    environment,
                                    new SystemEnvironmentPropertySource(
                                            environment, Map.of("HEADGATE_ENABLED", "off")));
                })
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> {
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(output).contains("headgate.enabled is off");
                });
    }

    /** Whoever switches it off is not stopped by a mistake elsewhere: neither in properties nor in beans. */
    @ParameterizedTest
    @ValueSource(strings = {"off", "no", "false"})
    void readsNothingElseWhenDisabled(String disabled) {
        SweeperThreads sweepers = new SweeperThreads();
        web.withPropertyValues(nonsense())
                .withPropertyValues("headgate.enabled=" + disabled)
                .withBean("one", DeniedResponse.class, () -> (request, response, decision) -> response.setStatus(420))
                .withBean("two", DeniedResponse.class, () -> (request, response, decision) -> response.setStatus(420))
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(context.getBean(SetupAdvice.class).warnings()).containsOnlyKeys("HG-102");
                    assertThat(sweepers.begun()).isEmpty();
                });
    }

    /** Something wrong in every key. */
    static String[] nonsense() {
        List<String> wrong = new ArrayList<>(List.of(
                "headgate.limits.api=nonsense",
                "headgate.unknown=1",
                "headgate.rules[0].limits=1/s",
                "headgate.rules[7].x=1",
                "headgate.plans.p.x=1",
                "headgate.tiers.t.x=1"));
        for (String name : ConfiguredKeys.names(HeadgateProperties.class)) {
            if (!name.equals("enabled")) {
                wrong.add("headgate." + name + "=${no.such.property}");
            }
        }
        return wrong.toArray(new String[0]);
    }

    @Test
    void disablesAFilterOfTheUsersOwn() {
        web.withBean(
                        RateLimitFilter.class,
                        () -> RateLimitFilter.builder().limits(Limit.perDay(1)).build())
                .withPropertyValues("headgate.enabled=off")
                .run(context -> assertThat(registration(context).isEnabled()).isFalse());
    }

    @Test
    void disablesARegistrationOfTheUsersOwn() {
        web.withBean(
                        "own",
                        FilterRegistrationBean.class,
                        () -> new FilterRegistrationBean<>(RateLimitFilter.builder()
                                .limits(Limit.perDay(1))
                                .build()))
                .withPropertyValues("headgate.enabled=off")
                .run(context -> assertThat(context.getBean("own", FilterRegistrationBean.class)
                                .isEnabled())
                        .isFalse());
    }

    /** Boot registers several filters itself, and Spring Security calls filters that are nowhere registered. */
    @Test
    void letsEverythingPassSeveralFiltersWhenDisabled() {
        for (boolean enabled : new boolean[] {true, false}) {
            web.withBean("one", RateLimitFilter.class, EnabledTest::oneADay, one -> one.setPrimary(enabled))
                    .withBean("two", RateLimitFilter.class, EnabledTest::oneADay)
                    .withPropertyValues("headgate.enabled=" + enabled)
                    .run(context -> {
                        RateLimitFilter filter = context.getBean("two", RateLimitFilter.class);
                        MockHttpServletResponse response = new MockHttpServletResponse();
                        for (int i = 0; i < 2; i++) {
                            response = new MockHttpServletResponse();
                            filter.doFilter(new MockHttpServletRequest(), response, new MockFilterChain());
                        }
                        assertThat(response.getStatus()).isEqualTo(enabled ? 429 : 200);
                    });
        }
    }

    @Test
    void anUnreadableSwitchFailsAReactiveApplicationToo() {
        new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues("headgate.enabled=flase")
                .run(context -> assertThat(context.getStartupFailure()).hasMessageContaining("headgate.enabled"));
    }
}
