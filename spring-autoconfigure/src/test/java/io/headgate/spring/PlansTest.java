package io.headgate.spring;

import static io.headgate.spring.Requests.status;
import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Ticker;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import io.headgate.testing.FakeTicker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.mock.web.MockHttpServletRequest;

/** Different limits for different clients, in properties and by beans. */
class PlansTest {

    private final WebApplicationContextRunner web = new WebApplicationContextRunner()
            .withBean(Ticker.class, FakeTicker::new)
            .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class));

    /** How many of so many requests pass. */
    private static int passing(ApplicationContext context, int requests, String address, @Nullable String key) {
        int passing = 0;
        for (int i = 0; i < requests; i++) {
            MockHttpServletRequest request = new MockHttpServletRequest("GET", "/hello");
            request.setServletPath("/hello");
            request.setRemoteAddr(address);
            if (key != null) {
                request.addHeader("X-Key", key);
            }
            passing += status(context, request) == 200 ? 1 : 0;
        }
        return passing;
    }

    @Test
    void plansByAddress(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("crawlers"), "203.0.113.0/24  # a crawler");
        web.withPropertyValues(
                        "headgate.limits=2/day",
                        "headgate.plans.partners.limits=5/day",
                        "headgate.plans.partners.ranges=198.51.100.0/24, 2001:db8::/32",
                        "headgate.plans.partners.max-clients=10",
                        "headgate.plans.crawlers.limits=unlimited",
                        "headgate.plans.crawlers.ranges-file=" + file)
                .run(context -> {
                    assertThat(passing(context, 9, "192.0.2.1", null)).isEqualTo(2);
                    assertThat(passing(context, 9, "198.51.100.1", null)).isEqualTo(5);
                    assertThat(passing(context, 9, "2001:db8::1", null)).isEqualTo(5);
                    assertThat(passing(context, 99, "203.0.113.1", null)).isEqualTo(99);
                    assertThat(context.getBean(ApplicationLimiters.class).all())
                            .extracting(ApplicationLimiters.Shown::name)
                            .containsExactly("default", "partners", "crawlers", "health");
                    assertThat(context.getBean(SetupAdvice.class).warnings()).isEmpty();
                });
    }

    /** A limit may be called as what has none. */
    @Test
    void aLimitMayBeCalledUnlimited() {
        web.withPropertyValues(
                        "headgate.limits=unlimited=2/day",
                        "headgate.plans.partners.limits=unlimited=1/s burst 5",
                        "headgate.plans.partners.ranges=198.51.100.0/24",
                        "headgate.plans.others.limits=unlimited=1/s",
                        "headgate.plans.others.ranges=203.0.113.0/24")
                .run(context -> {
                    assertThat(passing(context, 9, "192.0.2.1", null)).isEqualTo(2);
                    assertThat(passing(context, 9, "198.51.100.1", null)).isEqualTo(5);
                    assertThat(passing(context, 9, "203.0.113.1", null)).isEqualTo(1);
                });
    }

    @Test
    void aRangeWithBitsBeyondItsPrefixIsWarnedOf() {
        web.withPropertyValues(
                        "headgate.limits=2/day",
                        "headgate.exempt=192.0.2.9/28",
                        "headgate.plans.partners.limits=5/day",
                        "headgate.plans.partners.ranges=198.51.100.7/24, 2001:db8::/32")
                .run(context -> assertThat(
                                context.getBean(SetupAdvice.class).warnings().get("HG-007"))
                        .contains(
                                "headgate.exempt has address ranges with bits beyond their prefix: 192.0.2.9/28 means")
                        .contains(
                                "headgate.plans has address ranges with bits beyond their prefix: 198.51.100.7/24 means"
                                        + " 198.51.100.0/24."));
    }

    @Test
    void plansByAKeyThatACacheKnows() {
        web.withUserConfiguration(Customers.class)
                .withPropertyValues(
                        "headgate.limits=2/day",
                        "headgate.key=header X-Key",
                        "headgate.plans.gold=5/day",
                        "headgate.plans.staff=unlimited")
                .run(context -> {
                    Map<String, String> database = context.getBean(Customers.class).database;
                    database.put("gold-key", "gold");
                    database.put("staff-key", "staff");
                    // The first request is the client's, and starts the load.
                    assertThat(passing(context, 9, "192.0.2.1", "gold-key")).isEqualTo(1 + 5);
                    assertThat(passing(context, 9, "192.0.2.2", "gold-key")).isZero();
                    assertThat(passing(context, 9, "192.0.2.2", "invented")).isEqualTo(2);
                    assertThat(passing(context, 99, "192.0.2.3", "staff-key")).isEqualTo(99);
                });
    }

    static class Customers {

        final Map<String, String> database = new ConcurrentHashMap<>();

        /** Asks in the calling thread. */
        @Bean
        PlanCache<String> plans(Ticker ticker) {
            return PlanCache.<String>builder(
                            key -> CompletableFuture.<@Nullable String>completedFuture(database.get(key)))
                    .executor(Runnable::run)
                    .ticker(ticker)
                    .build();
        }

        /** Of other keys, for something else. */
        @Bean
        PlanSource<Long> numbers() {
            return key -> CompletableFuture.completedFuture("gold");
        }
    }

    @Test
    @Timeout(120)
    void plansByAKeyThatASourceKnows() {
        web.withUserConfiguration(Source.class)
                .withPropertyValues(
                        "headgate.limits=1/day", "headgate.key=header X-Key", "headgate.plans.gold.limits=5/day")
                .run(context -> {
                    assertThat(passing(context, 1, "192.0.2.1", "gold-key")).isEqualTo(1);
                    // The load is on another thread. Until it is there, the client's limits hold.
                    while (passing(context, 1, "192.0.2.1", "gold-key") == 0) {
                        assertThat(Thread.interrupted()).as("out of time").isFalse();
                        Thread.onSpinWait();
                    }
                    assertThat(passing(context, 9, "192.0.2.1", "gold-key")).isEqualTo(4);
                });
    }

    static class Source {
        @Bean
        PlanSource<String> customers() {
            return key -> CompletableFuture.completedFuture(key.replace("-key", ""));
        }
    }

    /** What is about keys and plans asks for nothing else on the class path. */
    @Test
    void plansByAddressNeedNoCaffeine() {
        web.withClassLoader(new FilteredClassLoader("com.github.benmanes.caffeine"))
                .withPropertyValues(
                        "headgate.limits=2/day",
                        "headgate.plans.partners.limits=5/day",
                        "headgate.plans.partners.ranges=198.51.100.0/24")
                .run(context ->
                        assertThat(passing(context, 9, "198.51.100.1", null)).isEqualTo(5));
    }
}
