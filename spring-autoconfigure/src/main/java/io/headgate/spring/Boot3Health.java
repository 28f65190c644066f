package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The warnings as a detail of the health endpoint of Spring Boot 3. They never make the application unhealthy. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({RateLimitFilter.class, HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
final class Boot3Health {

    @Bean
    @ConditionalOnEnabledHealthIndicator("headgate")
    @ConditionalOnMissingBean(name = "headgateHealthIndicator")
    HealthIndicator headgateHealthIndicator(SetupAdvice advice) {
        return () -> Health.up().withDetail("warnings", advice.warnings()).build();
    }
}
