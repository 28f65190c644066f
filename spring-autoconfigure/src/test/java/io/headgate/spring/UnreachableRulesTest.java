package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Rule;
import io.headgate.http.Stage;
import io.headgate.http.Warning;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.Filter;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.web.servlet.AbstractFilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Rules that can never match (HG-013), in both filters of the starter. */
class UnreachableRulesTest {

    private static @Nullable String warning(ApplicationContext context, String filter) {
        return context.getBean(ApplicationLimiters.class).requestLimiters().stream()
                .filter(limits -> limits.name().equals(filter))
                .findFirst()
                .map(RequestLimiter::warningTexts)
                .orElseThrow()
                .get(Warning.UNREACHABLE_RULE);
    }

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
            .withPropertyValues("headgate.limits=9/day");

    private static String[] rule(int index, String path, String... more) {
        String at = "headgate.rules[" + index + "].";
        String[] all = new String[more.length + 2];
        all[0] = at + "path=" + path;
        all[1] = at + "limits=1/day";
        for (int i = 0; i < more.length; i++) {
            all[i + 2] = at + more[i];
        }
        return all;
    }

    @Test
    void anEarlierRuleOfItsOwnFilterIsInTheWay() {
        web.withPropertyValues(rule(0, "/*", "stage=authenticated", "key=principal"))
                .withPropertyValues(rule(1, "/api/*", "stage=authenticated"))
                .withPropertyValues(rule(2, "/b", "stage=authenticated", "methods=GRAB"))
                .run(context -> {
                    assertThat(warning(context, "headgate")).isNull();
                    assertThat(warning(context, "headgate-authenticated"))
                            .contains("the rule \"/api/*\" can probably never match: the rule \"/*\" before it")
                            .contains("the rule \"GRAB /b\" can probably never match: no specification of HTTP has")
                            .contains("remove it in headgate.rules;");
                    assertThat(context.getBean(SetupAdvice.class).warnings()).containsKey("HG-013");
                });
    }

    @Test
    void aRuleOfTheOtherFilterIsNot() {
        web.withPropertyValues(rule(0, "/*"))
                .withPropertyValues(rule(1, "/api/*", "stage=authenticated", "key=principal"))
                .run(context -> assertThat(context.getBean(SetupAdvice.class).warnings())
                        .doesNotContainKey("HG-013"));
    }

    /** A rule of the starter's own is nobody's mistake. */
    @Test
    void theRuleForHealthPathsIsNotInTheWayOfAnything() {
        web.withPropertyValues(rule(0, "/*")).run(context -> {
            assertThat(context.getBean(SetupAdvice.class).warnings()).isEmpty();
            assertThat(context.getBean(ApplicationLimiters.class).all())
                    .extracting(ApplicationLimiters.Shown::name)
                    .containsExactly("default", "/*");
        });
        for (String narrower : List.of("methods=GET", "when=header X-Key", "stage=authenticated")) {
            web.withPropertyValues(rule(0, "/*", narrower)).run(context -> {
                assertThat(context.getBean(SetupAdvice.class).warnings()).isEmpty();
                assertThat(context.getBean(ApplicationLimiters.class).all())
                        .extracting(ApplicationLimiters.Shown::name)
                        .contains("health");
            });
        }
    }

    /** Neither filter serves what the other has a rule for. */
    @Test
    void nobodyServesThePathInEitherFilter() throws IOException {
        try (Site site = Site.of(
                OnlyTheDispatcher.class,
                "spring.mvc.servlet.path=/app",
                "headgate.limits=9/day",
                "headgate.health=limited",
                "headgate.rules[0].path=/first",
                "headgate.rules[0].unlimited=true",
                "headgate.rules[1].path=/second",
                "headgate.rules[1].unlimited=true",
                "headgate.rules[1].stage=authenticated",
                "headgate.rules[2].path=/app/hello",
                "headgate.rules[2].limits=1/day",
                "headgate.rules[2].stage=authenticated")) {
            assertThat(warning(site.context(), "headgate"))
                    .isEqualTo(
                            "the rule \"/first\" can probably never match: servlets and other filters are mapped to /app/*"
                                    + " alone. Correct or remove it in headgate.rules; of two rules, the one that is for fewer requests"
                                    + " comes first");
            assertThat(warning(site.context(), "headgate-authenticated"))
                    .startsWith(
                            "the rule \"/second\" can probably never match: servlets and other filters are mapped to /app/*"
                                    + " alone.")
                    .doesNotContain("/app/hello");
            // It limits, of course, and each request once.
            assertThat(List.of(
                            site.get("127.0.0.2", "/app/hello").status(),
                            site.get("127.0.0.2", "/app/hello").status()))
                    .containsExactly(200, 429);
            // As a filter that is replaced does.
            RateLimitFilter second = Objects.requireNonNull(
                    site.context().getBean(AuthenticatedFilter.class).filter());
            second.replace(
                    RateLimitFilter.builder().stage(Stage.AUTHENTICATED).rule(Rule.limits("/third", Limit.perDay(1))));
            assertThat(warning(site.context(), "headgate-authenticated")).startsWith("the rule \"/third\" can");
        }
    }

    /** An application whose other filters are for the paths of its servlet alone. */
    @Configuration(proxyBeanMethods = false)
    static class OnlyTheDispatcher extends Shop {

        /** Tomcat's filter for web sockets is put in by a bean that has a name of that. */
        @Bean
        static BeanFactoryPostProcessor withoutFiltersForEverything() {
            return beans -> Stream.of(beans.getBeanDefinitionNames())
                    .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("websocket") || isPlainFilter(beans, name))
                    .forEach(((BeanDefinitionRegistry) beans)::removeBeanDefinition);
        }

        private static boolean isPlainFilter(ConfigurableListableBeanFactory beans, String name) {
            return beans.isTypeMatch(name, Filter.class)
                    && !name.startsWith("headgate")
                    && !name.equals("springSecurityFilterChain");
        }

        @Bean
        static BeanPostProcessor narrowing() {
            return new BeanPostProcessor() {
                @Override
                public Object postProcessBeforeInitialization(Object bean, String name) {
                    if (bean instanceof AbstractFilterRegistrationBean<?> registration
                            && !name.startsWith("headgate")) {
                        registration.setUrlPatterns(List.of("/app/*"));
                    }
                    return bean;
                }
            };
        }
    }
}
