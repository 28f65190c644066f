package io.headgate.spring;

import io.headgate.Limit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.ConditionalGenericConverter;

/** Reads named limits from one text with commas between them: each is called what its text makes of it. */
@ConfigurationPropertiesBinding
final class LimitsConverter implements ConditionalGenericConverter {

    /** Stands for none at all, where that may be written: in a plan. No configuration has such a name, since it is not ASCII. */
    private static final Map<String, Limit> UNLIMITED = Map.of("\u221e", Limit.perSecond(1));

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
        return read(source == null ? "" : source.toString());
    }

    static Map<String, Limit> read(String limits) {
        Map<String, Limit> read = new LinkedHashMap<>();
        if (limits.isBlank()) {
            return read; // as the binder of Boot 4 answers without asking us
        }
        if (limits.strip().equals("unlimited")) {
            return UNLIMITED;
        }
        for (String text : limits.split(",", -1)) {
            Limit limit = Limit.parse(text.strip());
            if (read.put(limit.name(), limit) != null) {
                throw new IllegalArgumentException(sameName(limit));
            }
        }
        return read;
    }

    /** Whether a text said so. */
    static boolean isUnlimited(Map<String, Limit> limits) {
        return limits.equals(UNLIMITED);
    }

    /**
     * The limits under the names that the configuration gives them, in its order. A list comes here as a map of indices, and its
     * limits are called what their texts make of them. A number that is no index is no name either.
     */
    static Map<String, Limit> named(String property, Map<String, Limit> limits) {
        if (isUnlimited(limits)) {
            HeadgateProperties.check(property, "unlimited", () -> Limit.parse("unlimited"));
        }
        Map<String, Limit> named = new LinkedHashMap<>();
        boolean isList =
                IntStream.range(0, limits.size()).mapToObj(String::valueOf).allMatch(limits::containsKey);
        limits.forEach((key, limit) -> {
            String at = isList ? property + "[" + key + "]" : property + "." + key;
            if (!isList && key.chars().allMatch(Character::isDigit) && !key.equals(limit.name())) {
                throw HeadgateProperties.invalid(
                        at,
                        limit.name(),
                        "a number is an index of a list, and the indices of this one are not 0, 1, 2 and so on; a name of a"
                                + " limit is not a number, but such as per-hour");
            }
            HeadgateProperties.check(at, limit.name(), () -> {
                Limit called = isList ? limit : limit.named(key);
                if (named.put(called.name(), called) != null) {
                    throw new IllegalArgumentException(sameName(called));
                }
                return called;
            });
        });
        return Collections.unmodifiableMap(named);
    }

    private static String sameName(Limit limit) {
        return "two limits are called \"" + limit.name()
                + "\"; give them names of your own, such as burst=10/second, or write a map of names to limits";
    }
}
