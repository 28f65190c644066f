package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** A script of another origin can read a refusal, and the application's own rules decide about everything else. */
class CorsTest {

    private static final String SHOP = "Origin: https://shop.example";
    private static final String STRANGER = "Origin: https://evil.example";

    /** With a source of its own, which Spring Security uses, too. */
    @Configuration(proxyBeanMethods = false)
    static class SourceShop extends Shop {
        @Bean
        CorsConfigurationSource corsConfigurationSource() {
            CorsConfiguration cors = new CorsConfiguration();
            cors.setAllowedOrigins(List.of("https://shop.example"));
            cors.setAllowedMethods(List.of("GET", "POST"));
            cors.setAllowedHeaders(List.of("content-type", "authorization"));
            cors.setExposedHeaders(List.of("X-Own", "retry-after"));
            cors.setAllowCredentials(true);
            UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
            source.registerCorsConfiguration("/**", cors);
            return source;
        }
    }

    /** As petclinic and others have it: by mappings and annotations of Spring MVC. */
    @Configuration(proxyBeanMethods = false)
    static class MvcShop extends Shop implements WebMvcConfigurer {
        @Override
        public void addCorsMappings(CorsRegistry registry) {
            registry.addMapping("/hello").allowedOrigins("https://shop.example").allowedHeaders("content-type");
        }

        @RestController
        static class Owners {
            @CrossOrigin(exposedHeaders = "errors")
            @PutMapping("/owners")
            String put() {
                return "owner";
            }
        }
    }

    @ParameterizedTest
    @ValueSource(classes = {SourceShop.class, MvcShop.class})
    void preflightsAndWhatPassesAreLeftToTheApplication(Class<?> application) throws IOException {
        try (Site site = Site.of(application, "headgate.limits=100/day")) {
            Reply preflight = site.send(
                    "127.0.0.2",
                    "OPTIONS",
                    "/hello",
                    SHOP,
                    "Access-Control-Request-Method: GET",
                    "Access-Control-Request-Headers: content-type");
            assertThat(preflight.status()).isEqualTo(200);
            assertThat(preflight.field("Access-Control-Allow-Headers")).isEqualToIgnoringCase("content-type");
            assertThat(preflight.field("RateLimit")).isNotEmpty();
            Reply passed = site.get("127.0.0.2", "/hello", SHOP);
            assertThat(passed.status()).isEqualTo(200);
            assertThat(passed.field("Access-Control-Allow-Origin")).isEqualTo("https://shop.example");
            assertThat(passed.field("Access-Control-Expose-Headers")).doesNotContain("RateLimit");
            assertThat(site.get("127.0.0.2", "/hello", STRANGER).status()).isEqualTo(403);
        }
    }

    @Test
    void aRefusalSaysWhatASourceOfTheApplicationSays() throws IOException {
        try (Site site = Site.of(SourceShop.class, "headgate.limits=1/day")) {
            assertThat(site.get("127.0.0.2", "/hello", SHOP).status()).isEqualTo(200);
            Reply refused = site.get("127.0.0.2", "/hello", SHOP);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.field("Access-Control-Allow-Origin")).isEqualTo("https://shop.example");
            assertThat(refused.field("Access-Control-Allow-Credentials")).isEqualTo("true");
            assertThat(refused.field("Access-Control-Expose-Headers"))
                    .isEqualTo("X-Own, retry-after, RateLimit, RateLimit-Policy");
            assertThat(refused.field("Vary")).isEqualTo("Origin");
            for (String[] other : new String[][] {{STRANGER}, {}}) {
                Reply stranger = site.get("127.0.0.2", "/hello", other);
                assertThat(stranger.status()).isEqualTo(429);
                assertThat(stranger.field("Access-Control-Allow-Origin")).isEmpty();
                assertThat(stranger.field("Access-Control-Expose-Headers")).isEmpty();
            }
            // A browser takes it for a network error, whatever is in it.
            Reply preflight = site.send("127.0.0.2", "OPTIONS", "/hello", SHOP, "Access-Control-Request-Method: GET");
            assertThat(preflight.status()).isEqualTo(429);
            assertThat(preflight.field("Access-Control-Allow-Origin")).isEmpty();
        }
    }

    @Test
    void aRefusalSaysWhatMappingsAndAnnotationsSay() throws IOException {
        try (Site site = Site.of(MvcShop.class, "headgate.limits=1/day", "headgate.headers=legacy")) {
            site.get("127.0.0.2", "/hello");
            Reply mapped = site.get("127.0.0.2", "/hello", SHOP);
            assertThat(mapped.status()).isEqualTo(429);
            assertThat(mapped.field("Access-Control-Allow-Origin")).isEqualTo("https://shop.example");
            assertThat(mapped.field("Access-Control-Allow-Credentials")).isEmpty();
            assertThat(mapped.field("Access-Control-Expose-Headers"))
                    .isEqualTo("Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset");
            Reply annotated = site.send("127.0.0.2", "PUT", "/owners", STRANGER, "Content-Length: 0");
            assertThat(annotated.status()).isEqualTo(429);
            assertThat(annotated.field("Access-Control-Allow-Origin")).isEqualTo("*");
            assertThat(annotated.field("Access-Control-Expose-Headers")).startsWith("errors, Retry-After, ");
            assertThat(site.get("127.0.0.2", "/orders", SHOP).field("Access-Control-Allow-Origin"))
                    .isEmpty();
            assertThat(site.get("127.0.0.2", "/nothing", SHOP).status()).isEqualTo(429);
        }
    }

    /** Whose controllers a request is for depends on parameters, which a form has in its body. */
    @Configuration(proxyBeanMethods = false)
    static class FormShop extends MvcShop {
        @RestController
        static class Orders {
            @CrossOrigin(exposedHeaders = "errors")
            @PostMapping(path = "/order", params = "express")
            String express() {
                return "express";
            }

            @CrossOrigin
            @PostMapping(path = "/order", params = "!express")
            String order() {
                return "order";
            }
        }
    }

    /** The body never comes: a refusal that waited for it would end in the time-out of the socket. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/octet-stream"
            })
    void aRefusalDoesNotWaitForABody(String type) throws IOException {
        try (Site site = Site.of(FormShop.class, "headgate.limits=1/day", "server.tomcat.connection-timeout=10m")) {
            site.get("127.0.0.2", "/hello");
            for (String query : List.of("", "?express=a+b", "?express", "?%zz&express")) {
                Reply refused = site.send(
                        "127.0.0.2",
                        "POST",
                        "/order" + query,
                        STRANGER,
                        "Expect: 100-continue",
                        "Content-Type: " + type,
                        "Content-Length: 900");
                assertThat(refused.status()).isEqualTo(100); // by Tomcat, before any filter
                assertThat(refused.body())
                        .contains("HTTP/1.1 429", "Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers:");
                assertThat(refused.body().contains("Access-Control-Expose-Headers: errors"))
                        .isEqualTo(!query.isEmpty());
            }
        }
    }

    /** Before all others, so it has applied its rules by then. */
    @Configuration(proxyBeanMethods = false)
    static class FilterShop extends Shop {
        @Bean
        FilterRegistrationBean<CorsFilter> cors() {
            CorsConfiguration cors = new CorsConfiguration();
            cors.setAllowedOrigins(List.of("https://shop.example"));
            cors.setExposedHeaders(List.of("X-Own"));
            UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
            source.registerCorsConfiguration("/**", cors);
            FilterRegistrationBean<CorsFilter> registration = new FilterRegistrationBean<>(new CorsFilter(source));
            registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
            return registration;
        }
    }

    @Test
    void aFilterBeforeOursHasSaidMostOfIt() throws IOException {
        try (Site site = Site.of(FilterShop.class, "headgate.limits=1/day")) {
            assertThat(site.get("127.0.0.2", "/hello", SHOP).field("Access-Control-Expose-Headers"))
                    .isEqualTo("X-Own");
            Reply refused = site.get("127.0.0.2", "/hello", SHOP);
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.field("Access-Control-Allow-Origin")).isEqualTo("https://shop.example");
            assertThat(refused.field("Access-Control-Expose-Headers"))
                    .isEqualTo("X-Own, Retry-After, RateLimit, RateLimit-Policy");
        }
    }

    /** For other paths than the mapping; and a source that nobody asks. */
    @Configuration(proxyBeanMethods = false)
    static class ManySourcesShop extends MvcShop {
        @Bean
        CorsConfigurationSource another() {
            CorsConfiguration cors = new CorsConfiguration();
            cors.setAllowedOrigins(List.of("https://evil.example"));
            UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
            source.registerCorsConfiguration("/**", cors);
            return source;
        }

        @Bean
        CorsConfigurationSource corsConfigurationSource() {
            CorsConfiguration cors = new CorsConfiguration();
            cors.setAllowedOrigins(List.of("https://shop.example"));
            UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
            source.registerCorsConfiguration("/api/**", cors);
            return source;
        }
    }

    @Test
    void ofSeveralSourcesThatOfSpringSecurityAndThenTheControllers() throws IOException {
        try (Site site = Site.of(ManySourcesShop.class, "headgate.limits=1/day")) {
            site.get("127.0.0.2", "/hello");
            for (String path : List.of("/hello", "/api/x")) {
                assertThat(site.get("127.0.0.2", path, SHOP).field("Access-Control-Allow-Origin"))
                        .isEqualTo("https://shop.example");
                assertThat(site.get("127.0.0.2", path, STRANGER).field("Access-Control-Allow-Origin"))
                        .isEmpty();
            }
        }
    }
}
