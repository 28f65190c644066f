package io.headgate.spring;

import io.headgate.LimiterRegistry;
import io.headgate.servlet.RateLimitFilter;
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

    @Bean
    AuthenticatedFilter headgateAuthenticatedFilter(
            FilterFactory factory, LimiterRegistry registry, ApplicationEventPublisher events) {
        return new AuthenticatedFilter(factory.makeAuthenticated(registry, events::publishEvent));
    }

    /** Not a {@code FilterRegistrationBean}, for the same reason as that of {@link LoginConfiguration}. */
    @Bean
    DelegatingFilterProxyRegistrationBean headgateAuthenticatedFilterRegistration(
            FilterFactory factory, AuthenticatedFilter filter) {
        DelegatingFilterProxyRegistrationBean registration =
                new DelegatingFilterProxyRegistrationBean("headgateAuthenticatedFilter");
        registration.setOrder(factory.orderBehindAuthentication());
        registration.setAsyncSupported(true);
        registration.setEnabled(filter.filter() != null);
        return registration;
    }
}
