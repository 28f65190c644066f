package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.Rule;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever a login answers, a rule for it lets no more wrong passwords through than its limit, and never charges the right one. */
interface LoginContract extends OnContainer {

    /** How a login tells that the password was wrong, or right. */
    enum Login implements App.Handler {
        REDIRECT(302, "302 to /login?error") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.sendRedirect(right ? "/" : "/login?error");
            }
        },
        RELATIVE_REDIRECT(302, "302 to /login?error") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(302);
                response.setHeader("Location", right ? "./" : "login?lang=de&error");
            }
        },
        ABSOLUTE_REDIRECT(302, "302 not to /") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(302);
                response.setHeader("Location", "https://shop.example" + (right ? "/?continue" : "/login?error"));
            }
        },
        /** A client without cookies: the session's id is in the URL. */
        SESSION_IN_THE_URL(302, "302 to /login?error") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) throws IOException {
                request.getSession();
                String location = response.encodeRedirectURL(right ? "/" : "/login?error");
                assertThat(location).contains(";jsessionid=");
                response.sendRedirect(location);
            }
        },
        REDIRECT_TO_NOWHERE(302, "302 not to /") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(302);
                response.setHeader("Location", right ? "/" : "http://[");
            }
        },
        JSON(422, "4xx") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(right ? 204 : 422);
            }
        },
        SEND_ERROR(401, "401") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) throws IOException {
                if (right) {
                    App.write(response, "welcome");
                } else {
                    response.sendError(401);
                }
            }
        },
        /** Only the application knows. */
        PAGE(200, "401") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) throws IOException {
                request.setAttribute(right ? "io.headgate.refund" : "io.headgate.charge", true);
                App.write(response, right ? "welcome" : "wrong");
            }
        },
        PAGE_WRITTEN_LATER(200, "401") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) {
                AsyncContext async = request.startAsync();
                async.start(() -> {
                    request.setAttribute(right ? "io.headgate.refund" : "io.headgate.charge", true);
                    response.setStatus(200);
                    async.complete();
                });
            }
        },
        FORWARDED(200, "401") {
            @Override
            void answer(boolean right, HttpServletRequest request, HttpServletResponse response) throws IOException {
                try {
                    request.getRequestDispatcher(right ? "/right" : "/wrong").forward(request, response);
                } catch (ServletException e) {
                    throw new AssertionError(e);
                }
            }
        };

        /** The status of a wrong password. */
        private final int wrong;

        private final String chargeOn;

        Login(int wrong, String chargeOn) {
            this.wrong = wrong;
            this.chargeOn = chargeOn;
        }

        abstract void answer(boolean right, HttpServletRequest request, HttpServletResponse response)
                throws IOException;

        @Override
        public void handle(HttpServletRequest request, HttpServletResponse response) throws IOException {
            answer("password=right".equals(request.getQueryString()), request, response);
        }
    }

    /** A login behind its limit, and how often it looked at a password. */
    record Guarded(Login login, FakeTicker ticker, AtomicInteger checks) {

        App app() {
            RateLimitFilter filter = RateLimitFilter.builder()
                    .ticker(ticker)
                    .limits(Limit.perMinute(1000))
                    .rule(Rule.parse("login: POST /login/* 5/minute charge-on " + login.chargeOn))
                    .build();
            return new App()
                    .filter("limits", filter, "/*")
                    .servlet("/right", (request, response) -> request.setAttribute("io.headgate.refund", "true"))
                    .servlet("/wrong", (request, response) -> request.setAttribute("io.headgate.charge", "true"))
                    .servlet("/login", (request, response) -> {
                        checks.incrementAndGet();
                        login.handle(request, response);
                    });
        }

        static int guess(Site site, String password) throws IOException {
            return site.send("POST", "/login?password=" + password).status();
        }
    }

    private static Guarded guarded(Login login) {
        return new Guarded(login, new FakeTicker(), new AtomicInteger());
    }

    @ParameterizedTest
    @EnumSource(Login.class)
    default void wrongPasswordsInARow(Login login) throws Exception {
        Guarded guarded = guarded(login);
        try (Site site = open(guarded.app())) {
            for (int i = 0; i < 40; i++) {
                assertThat(Guarded.guess(site, "wrong")).isEqualTo(i < 5 ? login.wrong : 429);
            }
            assertThat(guarded.checks.get()).isEqualTo(5);
            assertThat(Guarded.guess(site, "right")).isEqualTo(429);
            guarded.ticker.advance(Duration.ofSeconds(12));
            assertThat(Guarded.guess(site, "right")).isNotEqualTo(429);
        }
    }

    @ParameterizedTest
    @EnumSource(Login.class)
    default void wrongPasswordsAtOnce(Login login) throws Exception {
        Guarded guarded = guarded(login);
        ExecutorService clients = Executors.newFixedThreadPool(20);
        try (Site site = open(guarded.app())) {
            List<Future<Integer>> statuses = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                statuses.add(clients.submit(() -> Guarded.guess(site, "wrong")));
            }
            for (Future<Integer> status : statuses) {
                status.get();
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(guarded.checks.get()).isEqualTo(5);
    }

    @ParameterizedTest
    @EnumSource(Login.class)
    default void rightPasswordsInARow(Login login) throws Exception {
        Guarded guarded = guarded(login);
        try (Site site = open(guarded.app())) {
            for (int i = 0; i < 15; i++) {
                assertThat(Guarded.guess(site, "right")).isNotEqualTo(429);
            }
        }
        assertThat(guarded.checks.get()).isEqualTo(15);
    }
}
