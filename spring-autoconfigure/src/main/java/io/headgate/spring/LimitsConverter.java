package io.headgate.spring;

import io.headgate.Limit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.ConditionalGenericConverter;

/** Reads named limits from one text with commas between them: each is called what its text makes of it. */
@ConfigurationPropertiesBinding
final class LimitsConverter implements ConditionalGenericConverter {

    @Override
    public Set<ConvertiblePair> getConvertibleTypes() {
        return Set.of(new ConvertiblePair(String.class, Map.class));
    }

    @Override
    public boolean matches(TypeDescriptor source, TypeDescriptor target) {
        TypeDescriptor value = target.getMapValueTypeDescriptor();
        return value != null && value.getType() == Limit.class;
    }

    @Override
    public @Nullable Object convert(@Nullable Object source, TypeDescriptor sourceType, TypeDescriptor targetType) {
        Map<String, Limit> limits = new LinkedHashMap<>();
        if (source == null || source.toString().isBlank()) {
            return limits; // as the binder of Boot 4 answers without asking us
        }
        for (String text : source.toString().split(",", -1)) {
            Limit limit = Limit.parse(text.strip());
            if (limits.put(limit.name(), limit) != null) {
                throw new IllegalArgumentException(
                        "two limits are called \"" + limit.name() + "\"; write them as a map, under names of your own");
            }
        }
        return limits;
    }

    /** The limits under the names that the configuration gives them, in its order. */
    static Map<String, Limit> named(String property, Map<String, Limit> limits) {
        Map<String, Limit> named = new LinkedHashMap<>();
        limits.forEach((name, limit) -> {
            if (name.chars().allMatch(Character::isDigit)) {
                throw HeadgateProperties.invalid(
                        property + "[" + name + "]", limit.name(), "a list is not accepted; limits have names");
            }
            HeadgateProperties.check(
                    property + "." + name, limit.name(), () -> named.merge(name, limit.named(name), (a, b) -> b));
        });
        return Collections.unmodifiableMap(named);
    }
}
