package io.headgate.spring;

import io.headgate.Limit;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;

/** Reads one limit from a property, in any properties type of the application. */
@ConfigurationPropertiesBinding
final class LimitConverter implements Converter<String, Limit> {

    @Override
    public Limit convert(String text) {
        return Limit.parse(text);
    }
}
