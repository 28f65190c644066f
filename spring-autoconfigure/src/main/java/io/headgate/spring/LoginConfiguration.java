package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.DispatcherType;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.DelegatingFilterProxyRegistrationBean;
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

    @Bean
    LoginFilter headgateLoginFilter() {
        return new LoginFilter();
    }

    /**
     * In the order of the other filters. A registration of this kind, and not a {@code FilterRegistrationBean}, so that who looks for the
     * one of the starter finds no other.
     */
    @Bean
    DelegatingFilterProxyRegistrationBean headgateLoginFilterRegistration(HeadgateProperties properties) {
        DelegatingFilterProxyRegistrationBean registration =
                new DelegatingFilterProxyRegistrationBean("headgateLoginFilter");
        registration.setOrder(Ordered.HIGHEST_PRECEDENCE);
        registration.setAsyncSupported(true);
        registration.setDispatcherTypes(
                DispatcherType.REQUEST, DispatcherType.ASYNC, DispatcherType.FORWARD, DispatcherType.ERROR);
        registration.setEnabled(properties.enabled() && properties.chargesFailedLogins());
        return registration;
    }
}
