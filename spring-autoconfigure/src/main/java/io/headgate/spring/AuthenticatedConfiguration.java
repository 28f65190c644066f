package io.headgate.spring;

import io.headgate.LimiterRegistry;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The second filter, behind authentication. Whether it limits anything is decided when the application starts. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(RateLimitFilter.class)
final class AuthenticatedConfiguration {

    private static final String NAME = "headgateAuthenticatedFilter";

    @Bean(NAME)
    AuthenticatedFilter headgateAuthenticatedFilter(
            FilterFactory factory,
            LimiterRegistry registry,
            ApplicationEventPublisher events,
            ObjectProvider<HealthPaths> healthPaths) {
        return new AuthenticatedFilter(
                factory.makeAuthenticated(registry, events::publishEvent, healthPaths.getIfAvailable()));
    }

    /**
     * Not a {@code FilterRegistrationBean}, for the same reason as that of {@link LoginConfiguration}. The container gets the filter
     * itself in place of a proxy, and starts it as it does the first one: so its rules are held against the mappings of the
     * application, and it does not count as one that requests reach behind the first.
     */
    @Bean
    DelegatingFilterProxyRegistrationBean headgateAuthenticatedFilterRegistration(
            FilterFactory factory, AuthenticatedFilter filter) {
        DelegatingFilterProxyRegistrationBean registration = new DelegatingFilterProxyRegistrationBean(NAME) {
            @Override
            protected FilterRegistration.Dynamic addRegistration(String description, ServletContext container) {
                return container.addFilter(NAME, Objects.requireNonNull(filter.filter()));
            }
        };
        registration.setOrder(factory.orderBehindAuthentication());
        registration.setAsyncSupported(true);
        registration.setEnabled(filter.filter() != null);
        return registration;
    }
}
