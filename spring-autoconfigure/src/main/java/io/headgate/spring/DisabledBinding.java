package io.headgate.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/**
 * Reads nothing but {@code headgate.enabled} where that is false: a mistake in a limit does not keep anyone from switching
 * it off in an incident.
 */
final class DisabledBinding implements ConfigurationPropertiesBindHandlerAdvisor {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(HeadgateProperties.PREFIX);
    private static final ConfigurationPropertyName ENABLED = PREFIX.append("enabled");

    @Override
    public BindHandler apply(BindHandler handler) {
        return new AbstractBindHandler(handler) {

            @Override
            public <T> @Nullable Bindable<T> onStart(
                    ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
                boolean skipped = PREFIX.isParentOf(name) && !name.equals(ENABLED) && isDisabled(context);
                return skipped ? null : super.onStart(name, target, context);
            }

            @Override
            public void onFinish(
                    ConfigurationPropertyName name, Bindable<?> target, BindContext context, @Nullable Object result)
                    throws Exception {
                // What was not read is not unknown.
                if (!name.equals(PREFIX) || !isDisabled(context)) {
                    super.onFinish(name, target, context, result);
                }
            }
        };
    }

    /** An unreadable value is reported where the value itself is bound. */
    private static boolean isDisabled(BindContext context) {
        try {
            return !context.getBinder()
                    .bind(ENABLED, Bindable.of(Boolean.class))
                    .orElse(true);
        } catch (BindException unreadable) {
            return false;
        }
    }
}
