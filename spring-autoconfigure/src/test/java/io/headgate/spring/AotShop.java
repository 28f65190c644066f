package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import java.io.IOException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Profile;

/** The shop as a program, for ahead-of-time processing. Which beans it has is said by profiles when it is built. */
@Configuration(proxyBeanMethods = false)
@Import(Shop.class)
public class AotShop {

    /** What comes before the port in the line that says that the shop is open. */
    static final String OPEN = "The shop is open on port ";

    /** Opens the shop until the input ends. */
    public static void main(String[] arguments) throws IOException {
        try (ConfigurableApplicationContext context = SpringApplication.run(AotShop.class, arguments)) {
            System.out.println(OPEN + context.getEnvironment().getProperty("local.server.port"));
            while (System.in.read() >= 0) {
                // Until then.
            }
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Profile("filter")
    static class OwnFilter {
        @Bean
        RateLimitFilter own() {
            return RateLimitFilter.builder().name("own").limits(Limit.perDay(1)).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Profile("limiter")
    static class OwnLimiter {
        @Bean
        LocalLimiter<ClientAddress> headgateLimiter() {
            return Limiter.forAddresses(Limit.perDay(1)).build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    @Profile("qualified")
    static class QualifiedLimiter {
        @Bean
        @Qualifier("headgate")
        Limiter<ClientAddress> pages() {
            return Limiter.forAddresses(Limit.perDay(1)).build();
        }
    }
}
