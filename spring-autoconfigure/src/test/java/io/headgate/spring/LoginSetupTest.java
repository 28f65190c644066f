package io.headgate.spring;

import static io.headgate.spring.FailedLoginTest.form;
import static io.headgate.spring.FailedLoginTest.site;
import static io.headgate.spring.FailedLoginTest.statuses;
import static io.headgate.spring.Login.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

import jakarta.servlet.Filter;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;
import org.springframework.http.ResponseEntity;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** {@code charge-on: failed-login} beside what else an application has: filters of its own, and managers of any kind. */
@Timeout(240)
class LoginSetupTest {

    /** A form that answers 200 to a wrong password, behind a filter that comes before all others. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class BehindAFirstFilter {

        @Bean
        FilterRegistrationBean<Filter> requestIds() {
            FilterRegistrationBean<Filter> first =
                    new FilterRegistrationBean<>((request, response, chain) -> chain.doFilter(request, response));
            first.setOrder(Ordered.HIGHEST_PRECEDENCE);
            return first;
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .formLogin(login -> login.failureHandler(
                            (request, response, failure) -> response.getWriter().print("wrong")))
                    .csrf(csrf -> csrf.disable())
                    .build();
        }
    }

    @Test
    void aFilterBeforeAllOthersHidesNothing() throws IOException {
        try (Site site = site(BehindAFirstFilter.class, "failed-login")) {
            assertThat(statuses(site, 20, true, () -> form(site, "127.0.4.1", "right")))
                    .containsOnly(302);
            int checked = Login.checks(site).get();
            assertThat(statuses(site, 7, false, () -> form(site, "127.0.4.1", "wrong")))
                    .containsExactly(200, 200, 200, 200, 200, 429, 429);
            assertThat(Login.checks(site)).hasValue(checked + 5);
        }
    }

    @Test
    void behindSpringSecurityItIsWarnedOf() {
        for (int order : new int[] {-101, -99}) {
            try (Site site = site(Login.FormShop.class, "failed-login", "headgate.order=" + order)) {
                String said =
                        site.context().getBean(SetupAdvice.class).warnings().get("HG-114");
                if (order == -101) {
                    assertThat(said).isNull();
                } else {
                    assertThat(said).contains("headgate.order is -99, behind Spring Security at -100");
                }
            }
        }
    }

    @Test
    void aRuleBehindSpringSecurityIsWarnedOf() {
        try (Site site = site(Login.FormShop.class, "failed-login", "headgate.rules[0].stage=authenticated")) {
            assertThat(site.context().getBean(SetupAdvice.class).warnings().get("HG-114"))
                    .contains("headgate.rules[0].stage is authenticated, behind Spring Security at -100");
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class ByClassShop extends FinalShop {
        @Bean
        String wanted(Final manager) {
            return manager.toString();
        }
    }

    @Test
    void whoInjectsAFinalManagerByItsClassIsTold() {
        try (Site site = site(ByClassShop.class, "401")) {
            assertThat(site.context().getBean("wanted")).isNotNull();
        }
        assertThatException()
                .isThrownBy(() -> site(ByClassShop.class, "failed-login").close())
                .satisfies(failure -> {
                    FailureAnalysis analysis =
                            Objects.requireNonNull(new HeadgateFailureAnalyzer(null).analyze(failure));
                    assertThat(analysis.getDescription())
                            .contains("\"manager\"", Final.class.getName(), "failed-login");
                    assertThat(analysis.getAction()).startsWith("Inject it by its interface");
                });
    }

    /** Answers 200 to whatever comes of a login. */
    @RestController
    static class Quiet {
        private final AuthenticationManager manager;

        Quiet(AuthenticationManager manager) {
            this.manager = manager;
        }

        @PostMapping("/api/login")
        ResponseEntity<String> login(@RequestBody Map<String, String> body) {
            try {
                manager.authenticate(
                        UsernamePasswordAuthenticationToken.unauthenticated(body.get("user"), body.get("password")));
                return ResponseEntity.ok("welcome");
            } catch (RuntimeException e) {
                return ResponseEntity.ok("wrong");
            }
        }
    }

    private static Authentication check(Login.Checks checks, Authentication login) {
        if (!checks.matches(String.valueOf(login.getCredentials()), "right")) {
            throw new BadCredentialsException("wrong");
        }
        return UsernamePasswordAuthenticationToken.authenticated(
                login.getPrincipal(), null, AuthorityUtils.NO_AUTHORITIES);
    }

    /** With a state of its own, and a method that no subclass can hand on. */
    static class FinalMethod implements AuthenticationManager {
        private final Login.Checks checks;

        FinalMethod(Login.Checks checks) {
            this.checks = Objects.requireNonNull(checks);
        }

        @Override
        public final Authentication authenticate(Authentication login) throws AuthenticationException {
            return check(checks, login);
        }
    }

    static class PrivateConstructor implements AuthenticationManager {
        private final Login.Checks checks;

        private PrivateConstructor(Login.Checks checks) {
            this.checks = checks;
        }

        static PrivateConstructor of(Login.Checks checks) {
            return new PrivateConstructor(checks);
        }

        @Override
        public Authentication authenticate(Authentication login) throws AuthenticationException {
            return check(checks, login);
        }
    }

    record Final(Login.Checks checks) implements AuthenticationManager {
        @Override
        public Authentication authenticate(Authentication login) throws AuthenticationException {
            return check(checks, login);
        }
    }

    /** Throws what is none of Spring Security's. */
    static class Angry implements AuthenticationManager {
        private final Login.Checks checks;

        Angry(Login.Checks checks) {
            this.checks = checks;
        }

        @Override
        public Authentication authenticate(Authentication login) throws AuthenticationException {
            try {
                return check(checks, login);
            } catch (BadCredentialsException e) {
                throw new IllegalArgumentException("wrong", e);
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import({Login.Base.class, Quiet.class})
    static class Open {
        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().permitAll())
                    .csrf(csrf -> csrf.disable())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Open.class)
    static class FinalMethodShop {
        @Bean
        FinalMethod manager(Login.Checks checks) {
            return new FinalMethod(checks);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Open.class)
    static class PrivateConstructorShop {
        @Bean
        PrivateConstructor manager(Login.Checks checks) {
            return PrivateConstructor.of(checks);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Open.class)
    static class FinalShop {
        @Bean
        Final manager(Login.Checks checks) {
            return new Final(checks);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Open.class)
    static class AngryShop {
        @Bean
        Angry manager(Login.Checks checks) {
            return new Angry(checks);
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {FinalMethodShop.class, PrivateConstructorShop.class, FinalShop.class, AngryShop.class})
    void managersOfOddKindsAreSeen(Class<?> application) throws IOException {
        try (Site site = site(application, "failed-login")) {
            assertThat(statuses(site, 20, true, () -> json(site, "127.0.4.2", "right")))
                    .containsOnly(200);
            int checked = Login.checks(site).get();
            assertThat(statuses(site, 7, false, () -> json(site, "127.0.4.2", "wrong")))
                    .containsExactly(200, 200, 200, 200, 200, 429, 429);
            assertThat(Login.checks(site)).hasValue(checked + 5);
        }
    }
}
