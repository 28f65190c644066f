package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.context.annotation.Bean;

class ModuleTest {

    @Test
    void everyPropertyIsDescribedForCompletion() throws IOException {
        List<?> properties;
        try (InputStream in =
                HeadgateAutoConfiguration.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            assertThat(in).isNotNull();
            properties = all(in);
        }
        for (String name : ConfiguredKeys.names(HeadgateProperties.class)) {
            assertThat(properties).anySatisfy(property -> {
                Map<?, ?> map = (Map<?, ?>) property;
                assertThat(map.get("name")).isEqualTo("headgate." + name);
                assertThat(String.valueOf(map.get("description")))
                        .endsWith(".")
                        .doesNotStartWith("The ")
                        .doesNotStartWith("A ");
            });
        }
    }

    private static List<?> all(InputStream in) throws IOException {
        String json = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return (List<?>) JsonParserFactory.getJsonParser().parseMap(json).getOrDefault("properties", List.of());
    }

    @Test
    void everyBeanOfOursIsPackagePrivateAndCanBeReplaced() {
        assertThat(Modifier.isFinal(HeadgateAutoConfiguration.class.getModifiers()))
                .isTrue();
        for (Class<?> nested : HeadgateAutoConfiguration.class.getDeclaredClasses()) {
            assertThat(Modifier.isPublic(nested.getModifiers())).isFalse();
            for (Method method : nested.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Bean.class)) {
                    assertThat(Modifier.isPublic(method.getModifiers())).isFalse();
                    assertThat(method.isAnnotationPresent(ConditionalOnMissingBean.class)
                                    || List.of(
                                                    "headgateConfiguredKeys",
                                                    "headgateDisabledFilters",
                                                    "headgateReactiveAdvice")
                                            .contains(method.getName()))
                            .as(method.getName())
                            .isTrue();
                }
            }
        }
    }

    @Test
    void theJarHasAModuleNameAndNothingOfAnotherBoot() throws Exception {
        String jar = HeadgateAutoConfiguration.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .getPath();
        try (JarFile file = new JarFile(jar)) {
            assertThat(file.getManifest().getMainAttributes().getValue("Automatic-Module-Name"))
                    .isEqualTo("io.headgate.spring");
            assertThat(file.stream()
                            .map(entry -> entry.getName())
                            .filter(name -> name.endsWith(".class"))
                            .map(name -> name.replaceAll("/[^/]+$", ""))
                            .distinct())
                    .containsExactly("io/headgate/spring");
        }
        assertThat(Arrays.stream(HeadgateAutoConfiguration.class.getDeclaredMethods())
                        .filter(method -> Modifier.isPublic(method.getModifiers())))
                .isEmpty();
    }
}
