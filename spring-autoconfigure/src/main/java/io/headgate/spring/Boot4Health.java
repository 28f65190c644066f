package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The same as {@link Boot3Health} for Spring Boot 4, where health has moved. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({RateLimitFilter.class, HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
final class Boot4Health {

    @Bean
    @ConditionalOnEnabledHealthIndicator("headgate")
    @ConditionalOnMissingBean(name = "headgateHealthIndicator")
    HealthIndicator headgateHealthIndicator(SetupAdvice advice) {
        return () -> Health.up().withDetail("warnings", advice.warnings()).build();
    }
}
