package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
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
    LoginFilter.Registration headgateLoginFilter(HeadgateProperties properties) {
        return new LoginFilter.Registration(properties.enabled() && properties.chargesFailedLogins());
    }
}
