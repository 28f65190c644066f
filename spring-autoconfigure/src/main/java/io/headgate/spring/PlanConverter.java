package io.headgate.spring;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;

/** Reads a plan of which only the limits are written: that of keys. */
@ConfigurationPropertiesBinding
final class PlanConverter implements Converter<String, PlanProperties> {

    @Override
    public PlanProperties convert(String limits) {
        return new PlanProperties(LimitsConverter.read(limits), List.of(), null, null);
    }
}
