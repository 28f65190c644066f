package io.headgate.spring;

import static io.headgate.spring.Login.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.Warning;
import io.headgate.servlet.RateLimitFilter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.EventListener;
import org.springframework.context.event.SimpleApplicationEventMulticaster;
import org.springframework.http.ResponseEntity;
import org.springframework.security.authentication.AuthenticationEventPublisher;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.AuthenticationProvider;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.DefaultAuthenticationEventPublisher;
import org.springframework.security.authentication.ProviderManager;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authentication.event.AuthenticationSuccessEvent;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What {@code charge-on: failed-login} sees of logins that are out of the ordinary, and what it does where it sees nothing. */
@Timeout(240)
@ExtendWith(OutputCaptureExtension.class)
class FailedLoginTest {

    private static final String FORM = "application/x-www-form-urlencoded";

    /** With rules for both logins, and further properties. */
    static Site site(Class<?> application, String chargeOn, String... properties) {
        List<String> all = new ArrayList<>(List.of(
                "headgate.limits=1000/minute",
                "headgate.rules[0].name=login",
                "headgate.rules[0].path=/login/*",
                "headgate.rules[0].methods=POST",
                "headgate.rules[0].limits=5/minute",
                "headgate.rules[0].charge-on=" + chargeOn,
                "headgate.rules[1].path=/api/login/*",
                "headgate.rules[1].limits=5/minute",
                "headgate.rules[1].charge-on=" + chargeOn));
        all.addAll(List.of(properties));
        return Site.of(application, all.toArray(new String[0]));
    }

    /** A form that needs no page first, as it is without protection against CSRF. */
    static Reply form(Site site, String from, String password, String... fields) throws IOException {
        return site.post(from, "/login", FORM, "username=user&password=" + password, fields);
    }

    static SecurityFilterChain form(HttpSecurity http) throws Exception {
        return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .formLogin(Customizer.withDefaults())
                .httpBasic(Customizer.withDefaults())
                .csrf(AbstractHttpConfigurer::disable)
                .build();
    }

    @FunctionalInterface
    interface Attempt {
        Reply make() throws IOException;
    }

    /** One after the other, each settled before the next. */
    static List<Integer> statuses(Site site, int times, boolean refunded, Attempt attempt) throws IOException {
        RateLimitFilter filter = site.context().getBean(RateLimitFilter.class);
        List<Integer> statuses = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            long before = filter.stats().refunded();
            int status = attempt.make().status();
            statuses.add(status);
            while (refunded && status != 429 && filter.stats().refunded() == before) {
                Thread.onSpinWait();
            }
        }
        return statuses;
    }

    static void wrongOnesAreLimitedAndRightOnesAreNot(Site site, int wrong, int right, Login.Client client)
            throws IOException {
        assertThat(statuses(site, 20, true, () -> client.tries("right"))).containsOnly(right);
        assertThat(statuses(site, 7, false, () -> client.tries("wrong")))
                .containsExactly(wrong, wrong, wrong, wrong, wrong, 429, 429);
        assertThat(client.tries("right").status()).isEqualTo(429);
    }

    static void nothingIsDoubted(Site site) {
        assertThat(site.context().getBean(SetupAdvice.class).unseenLogins()).isZero();
        assertThat(site.context().getBean(SetupAdvice.class).warnings()).isEmpty();
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class Plain {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return form(http);
        }
    }

    /** An attacker has an account as well. In a form the password is checked first, in a controller the header is. */
    @Test
    void whatPassesBesideAFailureDoesNotHelp() throws IOException {
        String own = Login.basic("mallory", "own");
        try (Site site = site(Plain.class, "failed-login")) {
            assertThat(statuses(site, 7, false, () -> form(site, "127.0.3.1", "wrong", own)))
                    .containsExactly(302, 302, 302, 302, 302, 429, 429);
        }
        try (Site site = site(Login.JsonShop.class, "failed-login")) {
            assertThat(statuses(site, 20, true, () -> json(site, "127.0.3.1", "right", own)))
                    .containsOnly(200);
            assertThat(statuses(site, 7, false, () -> json(site, "127.0.3.1", "wrong", own)))
                    .containsExactly(400, 400, 400, 400, 400, 429, 429);
            assertThat(statuses(
                            site, 7, false, () -> json(site, "127.0.3.2", "right", Login.basic("mallory", "wrong"))))
                    .containsExactly(401, 401, 401, 401, 401, 429, 429);
            nothingIsDoubted(site);
        }
    }

    /** As Spring Security's own documentation has it: nobody is told of what it checks, but it is a bean. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class OwnManager {

        @Bean
        ProviderManager manager(Login.Checks checks) {
            return new ProviderManager(new Accounts(checks));
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return Login.JsonShop.open(http);
        }

        @Bean
        Login.JsonLogin login(ProviderManager manager) {
            return new Login.JsonLogin(manager);
        }
    }

    /** Checks a password in its own way, and fails in its own way. */
    record Accounts(Login.Checks checks) implements AuthenticationProvider {

        @Override
        public Authentication authenticate(Authentication authentication) {
            if (!checks.matches(String.valueOf(authentication.getCredentials()), "right")) {
                throw new Refused("not that one");
            }
            return UsernamePasswordAuthenticationToken.authenticated(
                    authentication.getPrincipal(), "", AuthorityUtils.createAuthorityList("ROLE_USER"));
        }

        @Override
        public boolean supports(Class<?> type) {
            return UsernamePasswordAuthenticationToken.class.isAssignableFrom(type);
        }
    }

    /** No event is made of it. */
    static final class Refused extends AuthenticationException {

        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    @Test
    void aProviderManagerThatIsABeanIsSeen() throws IOException {
        try (Site site = site(OwnManager.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 400, 200, password -> json(site, "127.0.3.3", password));
            assertThat(Login.checks(site)).hasValue(25);
            nothingIsDoubted(site);
        }
    }

    /** One that nobody can know of. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class HiddenManager {

        @Bean
        SecurityFilterChain security(HttpSecurity http, Login.Checks checks) throws Exception {
            return form(http.authenticationManager(new ProviderManager(new Accounts(checks))));
        }
    }

    @Test
    void whereNothingIsSeenARedirectStaysChargedAndIsSaid(CapturedOutput output) throws IOException {
        try (Site site = site(
                HiddenManager.class,
                "failed-login",
                "management.endpoints.web.exposure.include=health",
                "management.endpoint.health.show-details=always")) {
            assertThat(statuses(site, 7, false, () -> form(site, "127.0.3.4", "wrong")))
                    .containsExactly(302, 302, 302, 302, 302, 429, 429);
            assertThat(statuses(site, 7, false, () -> form(site, "127.0.3.5", "right")))
                    .containsExactly(302, 302, 302, 302, 302, 429, 429);
            assertThat(Login.checks(site)).hasValue(10);
            assertThat(output.getAll())
                    .containsOnlyOnce(
                            "HG-113: headgate.rules[0].charge-on is failed-login, and a request was answered 302"
                                    + " in which no login was seen, so it stays charged")
                    .contains("AuthenticationEventPublisher", "io.headgate.charge", "io.headgate.refund");
            MeterRegistry meters = site.context().getBean(MeterRegistry.class);
            assertThat(meters.get("headgate.unseen.logins").functionCounter().count())
                    .isEqualTo(10);
            assertThat(meters.get("headgate.warnings")
                            .tag("code", "HG-113")
                            .gauge()
                            .value())
                    .isEqualTo(1);
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).containsOnlyKeys("HG-113");
        }
    }

    /** The way out that the warning names. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class SaysItItself {

        @Bean
        SecurityFilterChain security(HttpSecurity http, Login.Checks checks) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .authenticationManager(new ProviderManager(new Accounts(checks)))
                    .formLogin(form -> form.successHandler(SaysItItself::welcome))
                    .csrf(AbstractHttpConfigurer::disable)
                    .build();
        }

        private static void welcome(HttpServletRequest request, HttpServletResponse response, Authentication user)
                throws IOException {
            request.setAttribute("io.headgate.refund", true);
            response.sendRedirect("/" + user.getName());
        }
    }

    @Test
    void whereNothingIsSeenTheApplicationMaySayIt() throws IOException {
        try (Site site = site(SaysItItself.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 302, 302, password -> form(site, "127.0.3.6", password));
        }
    }

    /** The other one. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class Published {

        @Bean
        SecurityFilterChain security(HttpSecurity http, Login.Checks checks, AuthenticationEventPublisher publisher)
                throws Exception {
            ProviderManager manager = new ProviderManager(new Accounts(checks));
            manager.setAuthenticationEventPublisher(publisher);
            return form(http.authenticationManager(manager));
        }
    }

    @Test
    void aProviderManagerThatPublishesIsSeenWhateverItThrows() throws IOException {
        try (Site site = site(Published.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 302, 302, password -> form(site, "127.0.3.7", password));
            nothingIsDoubted(site);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class OwnException {

        @Bean
        SecurityFilterChain security(HttpSecurity http, Login.Checks checks) throws Exception {
            return http.authenticationProvider(new Accounts(checks))
                    .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    // A success looks the same.
                    .formLogin(form -> form.failureUrl("/").permitAll())
                    .csrf(AbstractHttpConfigurer::disable)
                    .build();
        }
    }

    @Test
    void anExceptionOfTheApplicationsOwnIsAFailure() throws IOException {
        try (Site site = site(OwnException.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 302, 302, password -> form(site, "127.0.3.8", password));
            nothingIsDoubted(site);
        }
    }

    /** Its events come late, from another thread. */
    @Configuration(proxyBeanMethods = false)
    @Import(Plain.class)
    static class Asynchronous {

        @Bean
        SimpleApplicationEventMulticaster applicationEventMulticaster() {
            return new SimpleApplicationEventMulticaster();
        }

        /** Once the application has started, of which the test is told by an event too. */
        @Bean
        ApplicationRunner asynchronous(SimpleApplicationEventMulticaster multicaster) {
            return arguments -> multicaster.setTaskExecutor(Executors.newSingleThreadExecutor(task -> {
                Thread thread = new Thread(task);
                thread.setDaemon(true);
                return thread;
            }));
        }
    }

    @Test
    void anAsynchronousMulticasterChangesNothing() throws IOException {
        try (Site site = site(Asynchronous.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 302, 302, password -> form(site, "127.0.3.9", password));
            nothingIsDoubted(site);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class WithoutCookies {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return form(http.sessionManagement(sessions -> sessions.enableSessionUrlRewriting(true)));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"failed-login", "302 to /login?error"})
    void underAContextPathAndWithoutCookies(String chargeOn) throws IOException {
        try (Site site = site(
                WithoutCookies.class,
                chargeOn,
                "server.servlet.context-path=/shop",
                "server.servlet.session.tracking-modes=url")) {
            Login.Client client =
                    password -> site.post("127.0.3.10", "/shop/login", FORM, "username=user&password=" + password);
            Reply wrong = client.tries("wrong");
            assertThat(wrong.field("Location"))
                    .contains("/shop/login;jsessionid=")
                    .contains("?error");
            assertThat(wrong.field("Set-Cookie")).isEmpty();
            assertThat(statuses(site, 20, true, () -> client.tries("right"))).containsOnly(302);
            assertThat(statuses(site, 6, false, () -> client.tries("wrong")))
                    .containsExactly(302, 302, 302, 302, 429, 429);
            nothingIsDoubted(site);
        }
    }

    /** One that has the last word on a password that was right. */
    @Configuration(proxyBeanMethods = false)
    @Import(Plain.class)
    static class Veto {

        @EventListener
        void onSuccess(AuthenticationSuccessEvent event) {
            throw new BadCredentialsException("not " + event.getAuthentication().getName());
        }
    }

    @Test
    void whoeverIsTurnedAwayAfterAllHasFailed() throws IOException {
        try (Site site = site(Veto.class, "failed-login")) {
            assertThat(statuses(site, 7, false, () -> form(site, "127.0.3.11", "right")))
                    .containsExactly(302, 302, 302, 302, 302, 429, 429);
            nothingIsDoubted(site);
        }
    }

    /** Beans that are asked for by their class, not by what they are for. */
    @Configuration(proxyBeanMethods = false)
    @Import(OwnManager.class)
    static class ByClass {

        @Autowired
        void configure(DefaultAuthenticationEventPublisher publisher, ProviderManager manager) {
            publisher.setDefaultAuthenticationFailureEvent(
                    org.springframework.security.authentication.event.AuthenticationFailureBadCredentialsEvent.class);
            assertThat(manager.getProviders()).hasSize(1);
        }
    }

    @Test
    void beansStayWhatTheyAre() throws IOException {
        try (Site site = site(ByClass.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(site, 400, 200, password -> json(site, "127.0.3.12", password));
        }
        try (Site site = site(ByClass.class, "401")) {
            assertThat(site.context().getBean(ProviderManager.class).getClass()).isEqualTo(ProviderManager.class);
            assertThat(site.context()
                            .getBean(AuthenticationEventPublisher.class)
                            .getClass())
                    .isEqualTo(DefaultAuthenticationEventPublisher.class);
        }
    }

    /** The application says more than it knows. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class Hasty {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return Login.JsonShop.open(http);
        }

        @Bean
        AuthenticationManager manager(Login.Checks checks) {
            return new ProviderManager(new Accounts(checks));
        }

        @RestController
        record Page(AuthenticationManager manager) {

            @PostMapping("/api/login")
            ResponseEntity<String> login(@RequestParam("password") String password, HttpServletRequest request) {
                request.setAttribute("io.headgate.refund", true);
                try {
                    manager.authenticate(UsernamePasswordAuthenticationToken.unauthenticated("user", password));
                } catch (AuthenticationException e) {
                    return ResponseEntity.ok("wrong");
                }
                return ResponseEntity.ok("welcome");
            }
        }
    }

    @Test
    void aFailureThatWasSeenIsNotTakenBackByTheApplication() throws IOException {
        try (Site site = site(Hasty.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(
                    site, 200, 200, password -> site.post("127.0.3.13", "/api/login", FORM, "password=" + password));
        }
    }

    /** Whoever is logged in looks for pages that are not there: that is the business of another rule. */
    @Test
    void aLoginHasNoSayInRulesThatDoNotAskForIt() throws IOException {
        try (Site site = site(
                Login.BasicShop.class,
                "failed-login",
                "headgate.rules[2].path=/missing/*",
                "headgate.rules[2].limits=5/minute",
                "headgate.rules[2].charge-on=404")) {
            assertThat(statuses(
                            site, 7, false, () -> site.get("127.0.3.14", "/missing/x", Login.basic("user", "right"))))
                    .containsExactly(404, 404, 404, 404, 404, 429, 429);
            assertThat(statuses(
                            site, 7, true, () -> site.get("127.0.3.15", "/missing/x", Login.basic("user", "wrong"))))
                    .containsOnly(401);
        }
    }

    @Test
    void aLoginThatPassedWinsOverResponses() throws IOException {
        try (Site site = site(
                Login.BasicShop.class,
                "failed-login",
                "headgate.rules[2].path=/missing/*",
                "headgate.rules[2].limits=5/minute",
                "headgate.rules[2].charge-on=failed-login, 404")) {
            wrongOnesAreLimitedAndRightOnesAreNot(
                    site, 401, 404, password -> site.get("127.0.3.24", "/missing/x", Login.basic("user", password)));
            nothingIsDoubted(site);
        }
    }

    /** Answered on another thread, and with the same status in either case. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class AnsweredLater {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return Login.JsonShop.open(http);
        }

        @Bean
        AuthenticationManager manager(Login.Checks checks) {
            return new ProviderManager(new Accounts(checks));
        }

        @RestController
        record Page(AuthenticationManager manager) {

            /** On the thread of the request, unless the path says otherwise. */
            @PostMapping({"/api/login", "/api/login/elsewhere"})
            Callable<ResponseEntity<String>> login(
                    @RequestParam("password") String password, HttpServletRequest request) {
                if (request.getRequestURI().endsWith("elsewhere")) {
                    return () -> isRight(password)
                            ? ResponseEntity.ok("welcome")
                            : ResponseEntity.badRequest().body("wrong");
                }
                boolean right = isRight(password);
                return () -> ResponseEntity.ok(right ? "welcome" : "wrong");
            }

            private boolean isRight(String password) {
                try {
                    manager.authenticate(UsernamePasswordAuthenticationToken.unauthenticated("user", password));
                    return true;
                } catch (AuthenticationException e) {
                    return false;
                }
            }
        }
    }

    @Test
    void anAnswerThatComesLaterChangesNothing() throws IOException {
        try (Site site = site(AnsweredLater.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(
                    site, 200, 200, password -> site.post("127.0.3.25", "/api/login", FORM, "password=" + password));
            nothingIsDoubted(site);
        }
    }

    /** Nor does a thread know, by then, whose password it looked at before. */
    @Test
    void onAnotherThreadNothingIsSeen() throws IOException {
        try (Site site = site(AnsweredLater.class, "failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(
                    site,
                    400,
                    200,
                    password -> site.post("127.0.3.26", "/api/login/elsewhere", FORM, "password=" + password));
            assertThat(site.context().getBean(SetupAdvice.class).unseenLogins()).isEqualTo(5);
        }
    }

    /** Answers that a failed login may have got stay charged, all others are given back, unless they are named. */
    @Configuration(proxyBeanMethods = false)
    @Import(Login.Base.class)
    static class Anything {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return Login.JsonShop.open(http);
        }

        @RestController
        static class Page {

            @PostMapping("/api/login/status")
            ResponseEntity<String> login(@RequestParam("status") int status) {
                return ResponseEntity.status(status).build();
            }
        }
    }

    private static Reply answered(Site site, String from, int status) throws IOException {
        return site.post(from, "/api/login/status", FORM, "status=" + status);
    }

    @Test
    void whereNothingIsSeenTheResponseDecides() throws IOException {
        try (Site site = site(Anything.class, "failed-login")) {
            for (int status : new int[] {200, 204, 304, 500, 503}) {
                assertThat(statuses(site, 7, true, () -> answered(site, "127.0.3.16", status)))
                        .containsOnly(status);
            }
            nothingIsDoubted(site);
            for (int status : new int[] {302, 303, 400, 401, 403, 422}) {
                assertThat(statuses(site, 6, false, () -> answered(site, "127.0.4." + (status - 300), status)))
                        .containsExactly(status, status, status, status, status, 429);
            }
            assertThat(site.context().getBean(SetupAdvice.class).unseenLogins()).isEqualTo(30);
        }
        try (Site site = site(Anything.class, "failed-login, 200, 4xx")) {
            assertThat(statuses(site, 6, false, () -> answered(site, "127.0.3.17", 200)))
                    .containsExactly(200, 200, 200, 200, 200, 429);
            assertThat(statuses(site, 6, false, () -> answered(site, "127.0.3.18", 422)))
                    .containsExactly(422, 422, 422, 422, 422, 429);
            assertThat(statuses(site, 7, true, () -> answered(site, "127.0.3.19", 204)))
                    .containsOnly(204);
            nothingIsDoubted(site);
            assertThat(statuses(site, 6, false, () -> answered(site, "127.0.3.20", 302)))
                    .containsExactly(302, 302, 302, 302, 302, 429);
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).containsOnlyKeys("HG-113");
        }
    }

    /** Right logins prove that logins are seen; where none is, and nothing is charged, something is wrong. */
    @Test
    void aRuleThatNeverSeesALoginIsSuspected() throws IOException {
        try (Site site = site(Login.JsonShop.class, "failed-login")) {
            statuses(site, 150, true, () -> json(site, "127.0.3.21", "right"));
            nothingIsDoubted(site);
        }
        try (Site site = site(Anything.class, "failed-login")) {
            statuses(site, 99, true, () -> answered(site, "127.0.3.21", 200));
            nothingIsDoubted(site);
            statuses(site, 1, true, () -> answered(site, "127.0.3.21", 200));
            assertThat(site.context().getBean(SetupAdvice.class).warnings())
                    .containsOnlyKeys(Warning.NEVER_CHARGED.code());
        }
    }

    @Test
    void generalLimitsMayChargeFailedLoginsAlone() throws IOException {
        try (Site site =
                Site.of(Login.BasicShop.class, "headgate.limits=5/minute", "headgate.charge-on[0]=failed-login")) {
            wrongOnesAreLimitedAndRightOnesAreNot(
                    site, 401, 200, password -> site.get("127.0.3.22", "/api/orders", Login.basic("user", password)));
        }
    }

    @Test
    void switchedOffNothingIsWatched() throws IOException {
        try (Site site = site(Login.BasicShop.class, "failed-login", "headgate.enabled=false")) {
            assertThat(statuses(
                            site, 7, false, () -> site.get("127.0.3.23", "/api/orders", Login.basic("user", "wrong"))))
                    .containsOnly(401);
            assertThat(site.context()
                            .getBean(AuthenticationEventPublisher.class)
                            .getClass())
                    .isEqualTo(DefaultAuthenticationEventPublisher.class);
        }
    }
}
