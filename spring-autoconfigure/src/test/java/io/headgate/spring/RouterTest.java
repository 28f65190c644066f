package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.HiddenHttpMethodFilter;
import org.springframework.web.servlet.config.annotation.PathMatchConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import org.springframework.web.util.pattern.PathPatternParser;

/** Spring routes once more than the container does: by a path in any case, below a path of its own, by another method. */
class RouterTest {

    @Configuration(proxyBeanMethods = false)
    static class LenientShop extends Shop implements WebMvcConfigurer {
        @Override
        public void configurePathMatch(PathMatchConfigurer paths) {
            PathPatternParser parser = new PathPatternParser();
            parser.setCaseSensitive(false);
            paths.setPatternParser(parser);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class EditedShop extends Shop {
        @RestController
        static class Articles {
            @DeleteMapping("/article")
            String delete() {
                return "deleted";
            }

            @PostMapping("/article")
            String post() {
                return "posted";
            }
        }
    }

    @Test
    void whereTheRouterIgnoresCaseSoDoesARule() throws IOException {
        try (Site site = Site.of(
                LenientShop.class,
                "headgate.limits=1000/day",
                "headgate.rules[0].path=/login",
                "headgate.rules[0].limits=3/day")) {
            int served = 0;
            for (String path : new String[] {"/login", "/LOGIN", "/Login", "/lOGIN", "/loGin"}) {
                Reply reply = site.send("127.0.0.2", "POST", path, "Content-Length: 0");
                served += reply.status() == 200 ? 1 : 0;
            }
            assertThat(served).isEqualTo(3);
        }
    }

    @Test
    void whereTheDispatcherServletIsBelowAPath() throws IOException {
        try (Site site = Site.of(
                Shop.class,
                "spring.mvc.servlet.path=/app",
                "headgate.limits=1000/day",
                "headgate.rules[0].path=/login/*",
                "headgate.rules[0].limits=3/day",
                "headgate.rules[1].path=/hello",
                "headgate.rules[1].unlimited=true",
                "headgate.rules[2].path=/app/orders",
                "headgate.rules[2].limits=2/day")) {
            for (int i = 0; i < 5; i++) {
                assertThat(site.send("127.0.0.2", "POST", "/app/login", "Content-Length: 0")
                                .status())
                        .isEqualTo(i < 3 ? 200 : 429);
                assertThat(site.get("127.0.0.2", "/app/orders").status()).isEqualTo(i < 2 ? 200 : 429);
            }
            // What is unlimited is so only as it is written.
            assertThat(site.get("127.0.0.2", "/app/hello").field("RateLimit")).startsWith("\"1000-per-86400s\"");
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).isEmpty();
        }
    }

    @Test
    void aMethodThatIsMadeBehindTheLimit() throws IOException {
        String[] rule = {
            "spring.mvc.hiddenmethod.filter.enabled=true",
            "headgate.limits=1000/day",
            "headgate.rules[0].path=/article",
            "headgate.rules[0].methods=delete",
            "headgate.rules[0].limits=2/day"
        };
        try (Site site = Site.of(EditedShop.class, rule)) {
            assertThat(deleted(site)).isEqualTo(5);
            assertThat(site.context().getBean(SetupAdvice.class).warnings().get("HG-112"))
                    .contains("headgate.rules[0]", "headgate.order is to be -9999");
        }
        String[] after = Arrays.copyOf(rule, rule.length + 1);
        after[rule.length] = "headgate.order=-9999";
        try (Site site = Site.of(EditedShop.class, after)) {
            assertThat(deleted(site)).isEqualTo(2);
            assertThat(site.context().getBean(SetupAdvice.class).warnings()).isEmpty();
        }
    }

    /** Of one's own, and so behind all other filters. */
    @Configuration(proxyBeanMethods = false)
    static class HidingShop extends EditedShop {
        @Bean
        HiddenHttpMethodFilter hidden() {
            return new HiddenHttpMethodFilter();
        }
    }

    /** Of one's own, with a place. */
    @Configuration(proxyBeanMethods = false)
    static class PlacedShop extends EditedShop {
        @Bean
        FilterRegistrationBean<HiddenHttpMethodFilter> hidden() {
            FilterRegistrationBean<HiddenHttpMethodFilter> registration =
                    new FilterRegistrationBean<>(new HiddenHttpMethodFilter());
            registration.setOrder(-5);
            return registration;
        }
    }

    @ParameterizedTest
    @CsvSource({"HidingShop, -9999, 5", "HidingShop, 2147483646, 5", "PlacedShop, -9999, 5", "PlacedShop, -4, 2"})
    void whereverThatIsDone(String application, int order, int deleted) throws Exception {
        Class<?> shop = Class.forName(RouterTest.class.getName() + "$" + application);
        try (Site site = Site.of(
                shop,
                "headgate.order=" + order,
                "headgate.limits=1000/day",
                "headgate.rules[0].path=/article",
                "headgate.rules[0].methods=delete",
                "headgate.rules[0].limits=2/day")) {
            assertThat(deleted(site)).isEqualTo(deleted);
            assertThat(site.context().getBean(SetupAdvice.class).warnings().containsKey("HG-112"))
                    .isEqualTo(deleted == 5);
        }
    }

    private static int deleted(Site site) throws IOException {
        int deleted = 0;
        for (int i = 0; i < 5; i++) {
            Reply reply = site.send("127.0.0.2", "POST", "/article?_method=delete", "Content-Length: 0");
            deleted += reply.body().contains("deleted") ? 1 : 0;
        }
        return deleted;
    }
}
