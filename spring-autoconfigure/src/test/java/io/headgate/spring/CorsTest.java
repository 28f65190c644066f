package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.UrlBasedCorsConfigurationSource;
import org.springframework.web.filter.CorsFilter;

/** The sample of docs/spring-boot.md: a script of another origin can read a 429 and its fields. */
class CorsTest {

    @Configuration(proxyBeanMethods = false)
    static class CorsShop extends Shop {
        @Bean
        FilterRegistrationBean<CorsFilter> cors() {
            CorsConfiguration cors = new CorsConfiguration();
            cors.setAllowedOrigins(List.of("https://shop.example"));
            cors.setAllowedMethods(List.of("GET", "POST"));
            cors.setExposedHeaders(List.of("RateLimit", "RateLimit-Policy", "Retry-After"));
            UrlBasedCorsConfigurationSource source = new UrlBasedCorsConfigurationSource();
            source.registerCorsConfiguration("/**", cors);
            var registration = new FilterRegistrationBean<>(new CorsFilter(source));
            registration.setOrder(Ordered.HIGHEST_PRECEDENCE + 30);
            return registration;
        }
    }

    @Test
    void aFilterBeforeOursAnswersPreflightsAndExposesTheFields() throws IOException {
        String origin = "Origin: https://shop.example";
        try (Site site = Site.of(CorsShop.class, "headgate.limits=1/day")) {
            for (int i = 0; i < 3; i++) {
                Reply preflight =
                        site.send("127.0.0.2", "OPTIONS", "/hello", origin, "Access-Control-Request-Method: POST");
                assertThat(preflight.status()).isEqualTo(200);
                assertThat(preflight.field("RateLimit")).isEmpty();
            }
            assertThat(site.get("127.0.0.2", "/hello", origin).status()).isEqualTo(200);
            Reply denied = site.get("127.0.0.2", "/hello", origin);
            assertThat(denied.status()).isEqualTo(429);
            assertThat(denied.field("Access-Control-Allow-Origin")).isEqualTo("https://shop.example");
            assertThat(denied.field("Access-Control-Expose-Headers"))
                    .isEqualTo("RateLimit, RateLimit-Policy, Retry-After");
        }
    }
}
