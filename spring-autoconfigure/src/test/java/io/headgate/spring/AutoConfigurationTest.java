package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.filter.CharacterEncodingFilter;

@ExtendWith(OutputCaptureExtension.class)
class AutoConfigurationTest {

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withBean(Ticker.class, FakeTicker::new)
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    private static int status(ApplicationContext context, String address) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/hello");
        request.setServletPath("/hello");
        request.setRemoteAddr(address);
        MockHttpServletResponse response = new MockHttpServletResponse();
        try {
            registration(context).getFilter().doFilter(request, response, new MockFilterChain());
        } catch (IOException | ServletException e) {
            throw new AssertionError(e);
        }
        return response.getStatus();
    }

    private static FilterRegistrationBean<?> registration(ApplicationContext context) {
        return context.getBean(FilterRegistrationBean.class);
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
    void doesNothingWhenDisabled(CapturedOutput output) {
        web.withPropertyValues("headgate.enabled=false", "headgate.limits=nonsense")
                .run(context -> {
                    assertThat(context).hasNotFailed();
                    assertThat(context).doesNotHaveBean(Filter.class).doesNotHaveBean(FilterRegistrationBean.class);
                    assertThat(output).doesNotContain("No request is limited");
                });
    }

    @Test
    void saysOnceThatNothingIsConfigured(CapturedOutput output) {
        web.run(context -> {
            assertThat(context).doesNotHaveBean(Filter.class).doesNotHaveBean(FilterRegistrationBean.class);
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
                            .doesNotHaveBean(Limiters.class);
                    assertThat(output).doesNotContain("No request is limited");
                });
    }

    @Test
    void saysOnceThatAReactiveApplicationIsNotLimited(CapturedOutput output) {
        new ReactiveWebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues("headgate.limits=2/minute")
                .run(context -> {
                    assertThat(context).hasNotFailed().doesNotHaveBean(Limiters.class);
                    assertThat(output.getAll()).containsOnlyOnce("this is a reactive web application");
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
                    assertThat(context)
                            .hasSingleBean(RateLimitFilter.class)
                            .hasSingleBean(FilterRegistrationBean.class);
                    assertThat(registration(context).getFilter()).isSameAs(own);
                    assertThat(output).contains("headgate.limits and headgate.rules are not used");
                });
    }

    @Test
    void leavesARegistrationOfTheUsersOwnAlone() {
        web.withUserConfiguration(OwnRegistration.class)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> {
                    assertThat(context).hasSingleBean(FilterRegistrationBean.class);
                    assertThat(context).doesNotHaveBean(RateLimitFilter.class);
                    assertThat(registration(context).getOrder()).isEqualTo(7);
                });
    }

    @Test
    void comesBesideRegistrationsOfOtherFilters() {
        web.withUserConfiguration(OtherRegistration.class)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> assertThat(context.getBeanNamesForType(FilterRegistrationBean.class))
                        .containsExactlyInAnyOrder("encoding", "headgateFilterRegistration"));
    }

    @Test
    void takesALimiterOfTheUsersOwn(CapturedOutput output) {
        web.withUserConfiguration(OwnLimiter.class)
                .withPropertyValues("headgate.limits=100/day")
                .run(context -> {
                    assertThat(status(context, "192.0.2.1")).isEqualTo(200);
                    assertThat(status(context, "192.0.2.1")).isEqualTo(429);
                    assertThat(output).contains("headgate.limits is not used");
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

    @Test
    void takesMetersOfTheUsersOwn() {
        MeterBinder own = registry -> {};
        web.withBean("headgateMetrics", MeterBinder.class, () -> own)
                .withPropertyValues("headgate.limits=1/day")
                .run(context -> assertThat(context.getBean(MeterBinder.class)).isSameAs(own));
    }

    @Test
    void endsTheThreadsOfItsLimitersWithTheApplication() {
        web.withPropertyValues(
                        "headgate.rules[0].name=ending", "headgate.rules[0].path=/x", "headgate.rules[0].limits=1/s")
                .run(context -> {
                    List<Thread> sweepers = Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("headgate-sweeper-ending"))
                            .toList();
                    assertThat(sweepers).hasSize(1);
                    context.close();
                    sweepers.get(0).join(60_000);
                    assertThat(sweepers.get(0).isAlive()).isFalse();
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
        LocalLimiter<ClientAddress> own() {
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
