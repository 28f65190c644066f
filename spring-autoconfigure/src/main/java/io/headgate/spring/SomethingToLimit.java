package io.headgate.spring;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Holds where the configuration has limits or rules, or the application a limiter that is asked to limit all requests. */
final class SomethingToLimit extends SpringBootCondition implements ConfigurationCondition {

    @Override
    public ConfigurationPhase getConfigurationPhase() {
        return ConfigurationPhase.REGISTER_BEAN;
    }

    @Override
    public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
        ConditionMessage.Builder message = ConditionMessage.forCondition("something to limit");
        for (String key : new String[] {"headgate.limits", "headgate.rules"}) {
            if (isSet(context.getEnvironment(), ConfigurationPropertyName.of(key))) {
                return ConditionOutcome.match(message.foundExactly(key));
            }
        }
        ConfigurableListableBeanFactory beans = context.getBeanFactory();
        return beans != null && !LimiterBeans.asked(beans).isEmpty()
                ? ConditionOutcome.match(message.foundExactly("a limiter that is asked to limit all requests"))
                : ConditionOutcome.noMatch(message.didNotFind("headgate.limits").atAll());
    }

    private static boolean isSet(Environment environment, ConfigurationPropertyName name) {
        for (var source : ConfigurationPropertySources.get(environment)) {
            if (source.getConfigurationProperty(name) != null
                    || source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT) {
                return true;
            }
        }
        return false;
    }
}
