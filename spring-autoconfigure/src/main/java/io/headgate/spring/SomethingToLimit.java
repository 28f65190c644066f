package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Holds where the configuration has limits or rules, or the application a limiter of clients. */
final class SomethingToLimit extends SpringBootCondition implements ConfigurationCondition {

    private static final ResolvableType LIMITER =
            ResolvableType.forClassWithGenerics(Limiter.class, ClientAddress.class);

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
        return beans != null && beans.getBeanNamesForType(LIMITER, true, false).length > 0
                ? ConditionOutcome.match(message.foundExactly("a limiter of clients"))
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
