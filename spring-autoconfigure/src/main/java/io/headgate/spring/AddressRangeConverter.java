package io.headgate.spring;

import io.headgate.net.AddressRange;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;

/** Reads an address range from a property, in any properties type of the application. */
@ConfigurationPropertiesBinding
final class AddressRangeConverter implements Converter<String, AddressRange> {

    @Override
    public AddressRange convert(String text) {
        return AddressRange.parse(text);
    }
}
