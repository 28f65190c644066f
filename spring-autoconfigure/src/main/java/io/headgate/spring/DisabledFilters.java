package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.env.Environment;

/** Lets everything pass filters of the application's own, however they are registered, where {@code headgate.enabled} is false. */
final class DisabledFilters implements BeanPostProcessor {

    private final Environment environment;

    DisabledFilters(Environment environment) {
        this.environment = environment;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof RateLimitFilter filter && ConfiguredKeys.isDisabled(environment)) {
            filter.replace(FilterFactory.everythingPasses());
        } else if (bean instanceof FilterRegistrationBean<?> registration
                && ConfiguredKeys.isDisabled(environment)
                && registration.getFilter() instanceof RateLimitFilter) {
            registration.setEnabled(false);
        }
        return bean;
    }
}
