package io.headgate.spring;

import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.ResponseEntity;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.authentication.configuration.AuthenticationConfiguration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** The usual ways to log in, as applications have them, and how a client goes about each. */
enum Login {

    /** Spring Security's own page: a redirect in either case. */
    FORM(FormShop.class, 302, 302) {
        @Override
        Client client(Site site, String from) throws IOException {
            Reply page = site.get(from, "/login");
            String cookie = "Cookie: " + page.field("Set-Cookie").replaceFirst(";.*", "");
            String token = csrf(page.body());
            return password -> site.post(
                    from,
                    "/login",
                    "application/x-www-form-urlencoded",
                    "username=user&password=" + password + "&_csrf=" + token,
                    cookie);
        }
    },
    BASIC(BasicShop.class, 401, 200) {
        @Override
        Client client(Site site, String from) {
            return password -> site.get(from, "/api/orders", basic("user", password));
        }
    },
    BEARER(BearerShop.class, 401, 200) {
        @Override
        Client client(Site site, String from) {
            return token -> site.get(from, "/api/orders", "Authorization: Bearer " + token);
        }
    },
    JSON(JsonShop.class, 400, 200) {
        @Override
        Client client(Site site, String from) {
            return password -> json(site, from, password);
        }
    };

    /** Someone who tries to log in. */
    @FunctionalInterface
    interface Client {
        Reply tries(String password) throws IOException;
    }

    private static final Pattern CSRF = Pattern.compile("name=\"_csrf\"[^>]* value=\"([^\"]+)\"");

    final Class<?> application;
    /** The status of a wrong password. */
    final int wrong;
    /** The status of the right one. */
    final int right;

    Login(Class<?> application, int wrong, int right) {
        this.application = application;
        this.wrong = wrong;
        this.right = right;
    }

    /** A client that has got what the application wants to see first. */
    abstract Client client(Site site, String from) throws IOException;

    static String csrf(String page) {
        Matcher token = CSRF.matcher(page);
        if (!token.find()) {
            throw new AssertionError("no token: " + page);
        }
        return token.group(1);
    }

    static String basic(String user, String password) {
        return "Authorization: Basic "
                + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    static Reply json(Site site, String from, String password, String... fields) throws IOException {
        String body = "{\"user\":\"user\",\"password\":\"" + password + "\"}";
        return site.post(from, "/api/login", "application/json", body, fields);
    }

    /** How often a password, or a token, was looked at. */
    static AtomicInteger checks(Site site) {
        return site.context().getBean(Checks.class).count;
    }

    /** Passwords in plain text, and how often one was compared. */
    static final class Checks implements PasswordEncoder {

        final AtomicInteger count = new AtomicInteger();

        /** What each check waits for. */
        volatile CountDownLatch gate = new CountDownLatch(0);

        @Override
        public String encode(CharSequence password) {
            return password.toString();
        }

        @Override
        public boolean matches(CharSequence password, String encoded) {
            count.incrementAndGet();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            return encoded.contentEquals(password);
        }
    }

    /** What all of them have. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class Base {

        @Bean
        Checks checks() {
            return new Checks();
        }

        @Bean
        FakeTicker ticker() {
            return new FakeTicker();
        }

        @Bean
        UserDetailsService users() {
            return new InMemoryUserDetailsManager(
                    User.withUsername("user").password("right").roles("USER").build(),
                    User.withUsername("mallory").password("own").roles("USER").build());
        }

        @RestController
        static class Pages {

            @GetMapping("/api/orders")
            String orders() {
                return "orders";
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Base.class)
    static class FormShop {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .formLogin(Customizer.withDefaults())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Base.class)
    static class BasicShop {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Import(Base.class)
    static class BearerShop {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                    .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
                    .build();
        }

        @Bean
        JwtDecoder tokens(Checks checks) {
            return token -> {
                if (!checks.matches(token, "right")) {
                    throw new BadJwtException("not ours");
                }
                return Jwt.withTokenValue(token)
                        .header("alg", "none")
                        .subject("user")
                        .build();
            };
        }
    }

    /** What a single-page application logs in with; a Basic header does too. */
    @Configuration(proxyBeanMethods = false)
    @Import(Base.class)
    static class JsonShop {

        @Bean
        SecurityFilterChain security(HttpSecurity http) throws Exception {
            return open(http);
        }

        static SecurityFilterChain open(HttpSecurity http) throws Exception {
            return http.authorizeHttpRequests(requests -> requests.requestMatchers("/api/login/**")
                            .permitAll()
                            .anyRequest()
                            .authenticated())
                    .httpBasic(Customizer.withDefaults())
                    .csrf(AbstractHttpConfigurer::disable)
                    .build();
        }

        @Bean
        AuthenticationManager manager(AuthenticationConfiguration configuration) throws Exception {
            return configuration.getAuthenticationManager();
        }

        @Bean
        JsonLogin login(AuthenticationManager manager) {
            return new JsonLogin(manager);
        }
    }

    @RestController
    static class JsonLogin {

        private final AuthenticationManager manager;

        JsonLogin(AuthenticationManager manager) {
            this.manager = manager;
        }

        @PostMapping("/api/login")
        ResponseEntity<String> login(@RequestBody Map<String, String> body) {
            try {
                manager.authenticate(
                        UsernamePasswordAuthenticationToken.unauthenticated(body.get("user"), body.get("password")));
                return ResponseEntity.ok("welcome");
            } catch (AuthenticationException e) {
                return ResponseEntity.badRequest().body("wrong");
            }
        }
    }
}
