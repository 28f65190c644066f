package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LimitStatus;
import io.headgate.LimiterRegistry;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.util.matcher.RequestMatcher;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

/** Whose is a request, of somebody with a session, and of an application that answers in every way: each test has addresses of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BehindLoginTest {

    private Site site;

    @BeforeAll
    void start() {
        site = Site.of(
                Members.class,
                "headgate.limits=9/day",
                "headgate.key=principal",
                "headgate.stage=authenticated",
                "headgate.tiers.service.limits=500/day",
                "headgate.tiers.service.everybody=true");
    }

    @AfterAll
    void stop() {
        site.close();
    }

    private static String user(String name) {
        return Login.basic(name, name);
    }

    /** How many permits an address has left. */
    private static long left(Site site, String address) {
        return site
                .context()
                .getBean(LimiterRegistry.class)
                .get("default", ClientAddress.class)
                .orElseThrow()
                .peek(ClientAddress.parse(address), 1)
                .limits()
                .stream()
                .mapToLong(LimitStatus::remaining)
                .min()
                .orElseThrow();
    }

    private static String cookie(Reply login, String name) {
        return login.fields().stream()
                .filter(line -> line.startsWith("Set-Cookie: " + name + '='))
                .map(line -> line.replaceFirst("Set-", "").replaceFirst(";.*", ""))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aSessionIsTheUsersAndWhatSpringSecurityAnswersIsTheAddresss() throws IOException {
        String from = "127.0.1.1";
        Reply login = site.post(
                from, "/login", "application/x-www-form-urlencoded", "username=ann&password=ann&remember-me=on");
        assertThat(login.status()).isEqualTo(302);
        assertThat(left(site, from)).isEqualTo(8);
        String session = cookie(login, "JSESSIONID");
        for (String method : List.of("GET", "HEAD", "OPTIONS")) {
            Reply reply = site.send(from, method, "/hello", session);
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.field("RateLimit-Policy"))
                    .isEqualTo("\"service\";q=500;w=86400, \"9-per-86400s\";q=9;w=86400");
        }
        assertThat(left(site, from)).isEqualTo(8);
        // From elsewhere, and without the session, it is ann all the same.
        Reply remembered = site.get("127.0.1.2", "/hello", cookie(login, "remember-me"));
        assertThat(remembered.field("RateLimit")).endsWith("\"9-per-86400s\";r=5;t=48000");
        assertThat(left(site, "127.0.1.2")).isEqualTo(9);
        // Somebody else's wrong password beside the session.
        assertThat(site.get(from, "/hello", session, Login.basic("bob", "wrong"))
                        .status())
                .isEqualTo(401);
        assertThat(left(site, from)).isEqualTo(7);
        assertThat(site.get(from, "/admin", session).status()).isEqualTo(403);
        assertThat(left(site, from)).isEqualTo(6);
        assertThat(site.post(from, "/logout", "text/plain", "", session).status())
                .isBetween(200, 399);
        assertThat(left(site, from)).isEqualTo(5);
        Reply nobodys = site.get(from, "/hello", session);
        assertThat(nobodys.field("RateLimit")).startsWith("\"9-per-86400s\";r=4;");
        assertThat(left(site, from)).isEqualTo(4);
    }

    /** Spring Security's anonymous authentication is no principal, who would be the same everywhere. */
    @Test
    void whoIsAnonymousIsNobody() throws IOException {
        for (int i = 0; i < 9; i++) {
            assertThat(site.get("127.0.1.3", "/hello").status()).isEqualTo(200);
        }
        assertThat(site.get("127.0.1.3", "/hello").status()).isEqualTo(429);
        assertThat(site.get("127.0.1.4", "/hello").status()).isEqualTo(200);
    }

    @Test
    void thePermitGoesBackOnceWhateverBecomesOfTheRequest() throws IOException {
        List<String> paths = List.of(
                "/hello", "/async", "/async-broken", "/broken", "/late-error", "/time-out", "/stream", "/forward");
        for (int i = 0; i < paths.size(); i++) {
            Reply reply = site.get("127.0.2." + (i + 1), paths.get(i), user("bob"));
            assertThat(reply.field("RateLimit")).contains("\"9-per-86400s\";r=" + (8 - i) + ';');
            assertThat(left(site, "127.0.2." + (i + 1))).as(paths.get(i)).isEqualTo(9);
        }
        assertThat(site.get("127.0.2.20", "/refused", user("bob")).status()).isEqualTo(418);
        assertThat(left(site, "127.0.2.20")).isEqualTo(9);
        assertThat(site.get("127.0.2.21", "/hello", user("bob")).status()).isEqualTo(429);
        assertThat(left(site, "127.0.2.21")).isEqualTo(8);
    }

    @Test
    void thePermitGoesBackOnceIfTheClientHangsUp() throws Exception {
        String from = "127.0.3.1";
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(new InetSocketAddress(
                    InetAddress.getLoopbackAddress(),
                    site.context().getEnvironment().getRequiredProperty("local.server.port", Integer.class)));
            socket.setSoLinger(true, 0); // close() resets
            socket.getOutputStream()
                    .write(("GET /endless HTTP/1.1\r\nHost: h\r\n" + user("dan") + "\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }
        Pages pages = site.context().getBean(Pages.class);
        pages.hungUp.countDown();
        pages.ended.await();
        assertThat(left(site, from)).isEqualTo(9);
        assertThat(site.get(from, "/hello", user("dan")).field("RateLimit")).contains("\"9-per-86400s\";r=7;");
    }

    /** Denials behind the login are the address's, which has nothing left in the end: then its wait counts. */
    @Test
    void retryAfterHoldsForBothFilters() throws IOException {
        try (Site own = Site.of(
                Members.class,
                "headgate.limits=2/day",
                "headgate.rules[0].path=/*",
                "headgate.rules[0].limits=1/minute",
                "headgate.rules[0].key=principal",
                "headgate.rules[0].stage=authenticated")) {
            assertThat(own.get("127.0.1.1", "/hello", user("ann")).status()).isEqualTo(200);
            assertThat(own.get("127.0.1.1", "/hello", user("ann")).field("Retry-After"))
                    .isEqualTo("60");
            assertThat(own.get("127.0.1.1", "/hello", user("ann")).field("Retry-After"))
                    .isEqualTo("43200");
            own.context().getBean(FakeTicker.class).advance(Duration.ofHours(12));
            assertThat(own.get("127.0.1.1", "/hello", user("ann")).status()).isEqualTo(200);
        }
    }

    @RestController
    static class Pages {

        final CountDownLatch hungUp = new CountDownLatch(1);
        final CountDownLatch ended = new CountDownLatch(1);

        @GetMapping("/async-broken")
        Callable<String> asyncBroken() {
            return () -> {
                throw new IllegalStateException("on purpose");
            };
        }

        @GetMapping("/late-error")
        DeferredResult<String> lateError() {
            DeferredResult<String> result = new DeferredResult<>();
            result.setErrorResult(new IllegalStateException("on purpose"));
            return result;
        }

        /** Nobody ever answers it. */
        @GetMapping("/time-out")
        DeferredResult<String> timeOut() {
            return new DeferredResult<>(1L);
        }

        @GetMapping("/stream")
        StreamingResponseBody stream() {
            return out -> out.write('a');
        }

        @GetMapping("/forward")
        void forward(HttpServletRequest request, HttpServletResponse response) throws Exception {
            request.getRequestDispatcher("/hello").forward(request, response);
        }

        @GetMapping("/refused")
        void refused(HttpServletResponse response) throws IOException {
            response.sendError(418);
        }

        /** Writes on until its client is gone. */
        @GetMapping("/endless")
        StreamingResponseBody endless() {
            return out -> {
                try {
                    out.write('a');
                    out.flush();
                    hungUp.await();
                    while (true) {
                        out.write(new byte[8192]);
                        out.flush();
                    }
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                } finally {
                    ended.countDown();
                }
            };
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import({Shop.Pages.class, Pages.class})
    static class Members {

        @Bean
        FakeTicker ticker() {
            return new FakeTicker();
        }

        @Bean
        UserDetailsService users() {
            return new AuthenticatedTest.Users().users();
        }

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            RequestMatcher admin = request -> request.getServletPath().equals("/admin");
            return http.authorizeHttpRequests(requests -> requests.requestMatchers(admin)
                            .hasRole("ADMIN")
                            .anyRequest()
                            .permitAll())
                    .httpBasic(Customizer.withDefaults())
                    .formLogin(Customizer.withDefaults())
                    .rememberMe(Customizer.withDefaults())
                    .csrf(AbstractHttpConfigurer::disable)
                    .build();
        }
    }
}
