package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.Ticker;
import io.headgate.http.NoAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.access.intercept.AuthorizationFilter;

/** A filter that limits users, in the chain of Spring Security behind the login. */
@ExtendWith(OutputCaptureExtension.class)
class SecurityChainTest {

    private static final String CODE = "HG-110";

    /** The statuses of a user's requests. */
    private static List<Integer> statuses(Site site, int times) throws IOException {
        String user = "Authorization: Basic "
                + Base64.getEncoder().encodeToString("user:right".getBytes(StandardCharsets.UTF_8));
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            statuses.add(site.get("127.0.0.2", "/hello", user).status());
        }
        return statuses;
    }

    private static Site start(Class<?> application, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                "spring.security.user.password=right", "management.endpoints.web.exposure.include=headgate,health"));
        all.addAll(List.of(properties));
        return Site.of(application, all.toArray(new String[0]));
    }

    /** Boot registers every filter that is a bean, and the starter does so early: the chain calls what has decided already. */
    @Test
    void aBeanIsCalledBeforeAnyoneIsKnownWhichIsSaid(CapturedOutput output) throws IOException {
        try (Site site = start(UsersByBean.class)) {
            assertThat(statuses(site, 3)).containsOnly(200);
            assertThat(site.context().getBean(RateLimitFilter.class).stats().unaddressed())
                    .isEqualTo(3);
            assertThat(output.getAll())
                    .containsOnlyOnce(
                            CODE + ": The filter of headgateFilterRegistration is in the chain of Spring Security");
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).containsOnlyKeys(CODE);
        }
    }

    @Test
    void aFilterThatIsNoBeanLimitsInTheChain(CapturedOutput output) throws IOException {
        try (Site site = start(UsersByFilter.class, "headgate.limits=2/day")) {
            assertThat(statuses(site, 2)).containsExactly(200, 429);
            assertThat(output).doesNotContain(CODE);
        }
        // Also alone, and then nobody says that nothing is limited.
        try (Site site = start(UsersByFilter.class)) {
            assertThat(statuses(site, 2)).containsExactly(200, 429);
            assertThat(output).doesNotContain("HG-1");
        }
    }

    @Test
    void letsEverythingPassInTheChainWhenDisabled() throws IOException {
        for (Class<?> application : List.of(UsersByFilter.class, UsersByBean.class)) {
            try (Site site = start(application, "headgate.enabled=off", "headgate.limits=nonsense")) {
                assertThat(statuses(site, 3)).containsOnly(200);
                assertThat(site.context().getBean(SetupAdvice.class).warnings()).containsOnlyKeys("HG-102");
            }
        }
    }

    @Test
    void aBeanThatIsNotRegisteredLimitsInTheChain(CapturedOutput output) throws IOException {
        try (Site site = start(UsersByDisabledRegistration.class)) {
            assertThat(statuses(site, 2)).containsExactly(200, 429);
            assertThat(output).doesNotContain(CODE);
        }
    }

    /** Boot registers it behind Spring Security. */
    @Test
    void aSecondFilterLimitsInTheChain(CapturedOutput output) throws IOException {
        try (Site site = start(UsersBesideOther.class)) {
            assertThat(statuses(site, 2)).containsExactly(200, 429);
            assertThat(output).doesNotContain(CODE);
        }
    }

    @Test
    void aBeanBehindSpringSecurityLimitsInTheChain(CapturedOutput output) throws IOException {
        try (Site site = start(UsersByBean.class, "headgate.order=0")) {
            assertThat(statuses(site, 2)).containsExactly(200, 429);
            assertThat(output).doesNotContain(CODE);
        }
    }

    private static RateLimitFilter users() {
        return RateLimitFilter.builder(
                        Limiter.<String>builder(Limit.perDay(1)).build(), HttpServletRequest::getRemoteUser)
                .noAddress(NoAddress.ALLOW)
                .name("users")
                .build();
    }

    private static SecurityFilterChain chain(HttpSecurity http, RateLimitFilter users) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                .httpBasic(Customizer.withDefaults())
                .addFilterAfter(users, AuthorizationFilter.class)
                .build();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(Shop.Pages.class)
    static class Application {
        @Bean
        Ticker ticker() {
            return new FakeTicker();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class UsersByFilter extends Application {
        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return chain(http, users());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class UsersByBean extends Application {
        @Bean
        RateLimitFilter limitUsers() {
            return users();
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http, RateLimitFilter limitUsers) throws Exception {
            return chain(http, limitUsers);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class UsersByDisabledRegistration extends UsersByBean {
        @Bean
        FilterRegistrationBean<RateLimitFilter> notRegistered(RateLimitFilter limitUsers) {
            FilterRegistrationBean<RateLimitFilter> registration = new FilterRegistrationBean<>(limitUsers);
            registration.setEnabled(false);
            return registration;
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class UsersBesideOther extends Application {
        @Bean
        @Primary
        RateLimitFilter everyone() {
            return RateLimitFilter.builder()
                    .limits(Limit.perDay(9))
                    .name("everyone")
                    .build();
        }

        @Bean
        RateLimitFilter limitUsers() {
            return users();
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http, @Qualifier("limitUsers") RateLimitFilter limitUsers)
                throws Exception {
            return chain(http, limitUsers);
        }
    }
}
