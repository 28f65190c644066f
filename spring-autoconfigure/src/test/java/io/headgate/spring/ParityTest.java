package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.Option;
import io.headgate.servlet.RateLimitFilter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.json.JsonParserFactory;

/** Every option is there in code, as an init-param and as a property; init-params are the table itself. */
class ParityTest {

    /** Properties that are no options of a filter. */
    private static final Set<String> OF_SPRING = Set.of("enabled", "health", "order", "show-addresses");

    /** Methods that no text can stand for. */
    private static final Set<String> OF_CODE = Set.of(
            "build",
            "costAfter",
            "limiterName",
            "onClientDenied",
            "onDenied",
            "registry",
            "resolver",
            "spelling",
            "ticker");

    @Test
    void codeHasEveryOptionAndNoOther() {
        Set<String> methods = Arrays.stream(RateLimitFilter.Builder.class.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class)
                .map(Method::getName)
                .map(name -> name.equals("rule") ? "rules" : name)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> expected = new TreeSet<>(OF_CODE);
        for (Option option : Option.values()) {
            expected.add(option.toString());
        }
        assertThat(methods).isEqualTo(expected);
    }

    @Test
    void springHasEveryOptionAndNoOther() {
        Set<String> expected = new TreeSet<>(OF_SPRING);
        for (Option option : Option.values()) {
            expected.add(option.property());
        }
        assertThat(new TreeSet<>(ConfiguredKeys.names(HeadgateProperties.class)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(Option.class)
    void completionSaysWhatTheTableSays(Option option) throws IOException {
        Map<?, ?> property = metadata(HeadgateProperties.property(option));
        assertThat(property.get("description")).isEqualTo(option.meaning() + ".");
        Object byDefault = property.get("defaultValue");
        if (option == Option.NAME) {
            assertThat(byDefault).isEqualTo("headgate");
        } else {
            // An empty list is written as none, or as all where it leaves nothing out.
            assertThat(
                            byDefault == null || byDefault.equals(List.of())
                                    ? option.byDefault().replace("all", "none")
                                    : byDefault.toString())
                    .isEqualTo(byDefault == null || byDefault.equals(List.of()) ? "none" : option.byDefault());
        }
    }

    private static Map<?, ?> metadata(String name) throws IOException {
        try (InputStream in =
                HeadgateAutoConfiguration.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            String json = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            List<?> properties =
                    (List<?>) JsonParserFactory.getJsonParser().parseMap(json).getOrDefault("properties", List.of());
            return (Map<?, ?>) properties.stream()
                    .filter(property -> name.equals(((Map<?, ?>) property).get("name")))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(name + " is not described"));
        }
    }
}
