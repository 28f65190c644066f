package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Two filters, with one between them that authenticates: by HTTP Basic, everybody whose password is the name. */
interface StageContract extends OnContainer {

    private static void authenticate(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String credentials = request.getHeader("Authorization");
        if (credentials == null) {
            chain.doFilter(request, response);
            return;
        }
        String[] user = new String(
                        Base64.getDecoder().decode(credentials.substring("Basic ".length())),
                        StandardCharsets.ISO_8859_1)
                .split(":", 2);
        if (!user[0].equals(user[1])) {
            response.setStatus(401);
            return;
        }
        chain.doFilter(
                new HttpServletRequestWrapper(request) {
                    @Override
                    public @Nullable Principal getUserPrincipal() {
                        return () -> user[0];
                    }

                    @Override
                    public boolean isUserInRole(String role) {
                        return role.equals("STAFF") && user[0].equals("dan");
                    }
                },
                response);
    }

    private static String user(String name, String password) {
        return "Authorization: Basic "
                + Base64.getEncoder().encodeToString((name + ":" + password).getBytes(StandardCharsets.ISO_8859_1));
    }

    private static App app(String limits, String rules) {
        EnumSet<DispatcherType> request = EnumSet.of(DispatcherType.REQUEST);
        return new App()
                .filter("arrival", new RateLimitFilter(), Map.of("limits", limits), request, "/*")
                .step("login", StageContract::authenticate)
                .filter("users", new RateLimitFilter(), Map.of("stage", "authenticated", "rules", rules), request, "/*")
                .servlet(
                        "/",
                        (asked, response) -> App.write(
                                response,
                                asked.getUserPrincipal() == null
                                        ? "nobody"
                                        : asked.getUserPrincipal().getName()));
    }

    /** How many of so many requests pass. */
    private static int passing(Site site, int requests, String from, String... fields) throws Exception {
        int passing = 0;
        for (int i = 0; i < requests; i++) {
            passing += site.send(from, "GET", "/", fields).status() == 200 ? 1 : 0;
        }
        return passing;
    }

    @Test
    default void usersAreLimitedBehindTheirLogin() throws Exception {
        App app = app(
                "8/day",
                "staff: /* unlimited when role STAFF stage authenticated\n"
                        + "users: /* 3/day key principal when authenticated stage authenticated");
        try (Site site = open(app)) {
            assertThat(passing(site, 4, "127.0.0.1", user("ann", "ann"))).isEqualTo(3);
            assertThat(passing(site, 4, "127.0.0.1", user("bob", "bob"))).isEqualTo(3);
            // The address has back what it gave for them, but for what the second filter denied.
            assertThat(passing(site, 9, "127.0.0.1")).isEqualTo(6);
            assertThat(passing(site, 1, "127.0.0.2", user("ann", "ann"))).isZero();
            assertThat(passing(site, 9, "127.0.0.3", user("dan", "dan"))).isEqualTo(9);
            assertThat(passing(site, 9, "127.0.0.4")).isEqualTo(8);
        }
    }

    @Test
    default void wrongPasswordsAreDeniedByAddress() throws Exception {
        try (Site site = open(app("2/day", "users: /* 9/day key principal stage authenticated"))) {
            assertThat(site.get("/", user("ann", "1")).status()).isEqualTo(401);
            assertThat(site.get("/", user("ann", "2")).status()).isEqualTo(401);
            assertThat(site.get("/", user("ann", "ann")).status()).isEqualTo(429);
        }
    }

    @Test
    default void clientsAreToldOfWhatHoldsForThem() throws Exception {
        App app = app("8/day", "users: /* 3/day key principal stage authenticated");
        try (Site site = open(app)) {
            Reply reply = site.get("/", user("ann", "ann"));
            assertThat(reply.body()).isEqualTo("ann");
            assertThat(reply.all("RateLimit-Policy")).containsExactly("\"3-per-86400s\";q=3;w=86400");
            Reply nobody = site.get("/");
            assertThat(nobody.body()).isEqualTo("nobody");
            assertThat(nobody.all("RateLimit-Policy")).containsExactly("\"8-per-86400s\";q=8;w=86400");
        }
    }
}
