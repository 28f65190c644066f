package io.headgate.spring;

import io.headgate.http.HeaderStyle;
import io.headgate.http.Option;
import java.util.Locale;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.converter.Converter;

/** Reads a style of header fields from a property, also by the name that always means the newest revision. */
@ConfigurationPropertiesBinding
final class HeaderStyleConverter implements Converter<String, HeaderStyle> {

    @Override
    public HeaderStyle convert(String text) {
        String name = text.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        if (name.equals("draft")) {
            return HeaderStyle.DRAFT;
        }
        for (HeaderStyle style : HeaderStyle.values()) {
            if (name.equals(style.name().toLowerCase(Locale.ROOT).replace('_', '-'))) {
                return style;
            }
        }
        throw new IllegalArgumentException(
                "\"" + text + "\" is none of " + Option.HEADERS.form(HeadgateProperties::property));
    }
}
