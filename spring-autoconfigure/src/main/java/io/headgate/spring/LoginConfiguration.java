package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.security.authentication.AuthenticationManager;

/** What the starter learns from Spring Security. Whether anybody asks for it is decided when the application starts. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({RateLimitFilter.class, AuthenticationManager.class})
final class LoginConfiguration {

    @Bean
    static LoginWatch headgateLoginWatch(ObjectProvider<HeadgateProperties> properties) {
        return new LoginWatch(properties);
    }

    @Bean
    FailedLogin.Doubts headgateLoginDoubts(ObjectProvider<SetupAdvice> advice) {
        return (property, status) -> advice.getObject().unseenLogin(property, status);
    }

    /** No candidate, so that who looks for the registration of a filter by its type finds the one of the starter alone. */
    @Bean(autowireCandidate = false)
    FilterRegistrationBean<LoginFilter> headgateLoginFilter(HeadgateProperties properties) {
        FilterRegistrationBean<LoginFilter> registration = new FilterRegistrationBean<>(new LoginFilter());
        registration.setName("headgateLogins");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setAsyncSupported(true);
        registration.setDispatcherTypes(
                DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.FORWARD, DispatcherType.ERROR);
        registration.setEnabled(properties.enabled() && properties.chargesFailedLogins());
        return registration;
    }
}
