package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.ExecutableHint;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.ReflectionHints;
import org.springframework.aot.hint.TypeReference;
import org.springframework.aot.hint.predicate.RuntimeHintsPredicates;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.annotation.AnnotatedBeanDefinitionReader;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.javapoet.ClassName;
import org.springframework.web.context.support.GenericWebApplicationContext;

/** What was built ahead of time goes by the properties that are there when it runs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AotTest {

    private Path directory;
    private AotBuild plain;

    @BeforeAll
    void build(@TempDir Path directory) throws IOException {
        this.directory = directory;
        plain = AotBuild.process(directory.resolve("plain")).compile();
    }

    @Test
    void limitsByWhatIsKnownAtRunTimeAlone() throws IOException {
        try (AotBuild.Running shop = plain.start(
                "headgate.limits=2/day",
                "headgate.rules[0].name=free",
                "headgate.rules[0].path=/orders",
                "headgate.rules[0].methods=get",
                "headgate.rules[0].limits.few=1/day")) {
            assertThat(shop.output()).contains("Starting AOT-processed AotShop").doesNotContain("HG-1");
            assertThat(shop.statuses("/hello", 4)).containsExactly(200, 200, 429, 429);
            assertThat(shop.statuses("/orders", 2)).containsExactly(401, 429);
        }
    }

    @Test
    void saysThatNothingIsSetWhereNothingIs() throws IOException {
        try (AotBuild.Running shop = plain.start()) {
            assertThat(shop.output())
                    .contains("HG-101: No request is limited: neither headgate.limits nor headgate.rules is set")
                    .doesNotContain("Rate limit filter");
            assertThat(shop.statuses("/hello", 3)).containsOnly(200);
            Reply endpoint = shop.get("/actuator/headgate");
            assertThat(endpoint.field("RateLimit")).isEmpty();
            assertThat(endpoint.body())
                    .contains(
                            "{\"limiters\":{},\"memoryBytes\":0,\"maxMemoryBytes\":0,\"topDenied\":[],\"warnings\":{\"HG-101\":\"No request is limited");
        }
    }

    @Test
    void isSwitchedOffAtRunTime() throws IOException {
        try (AotBuild.Running shop = plain.start("headgate.limits=1/day", "headgate.enabled=false")) {
            assertThat(shop.output()).contains("HG-102").doesNotContain("Rate limit filter");
            assertThat(shop.statuses("/hello", 3)).containsOnly(200);
        }
    }

    @Test
    void readsNothingElseWhereItIsOff() throws IOException {
        String[] wrong = Stream.concat(Stream.of("headgate.enabled=off"), Stream.of(EnabledTest.nonsense()))
                .toArray(String[]::new);
        try (AotBuild.Running shop = plain.start(wrong)) {
            assertThat(shop.output()).contains("HG-102: No request is limited: headgate.enabled is off");
            assertThat(shop.statuses("/hello", 3)).containsOnly(200);
        }
    }

    @Test
    void refusesMistakesThatAreMadeAtRunTime() throws IOException {
        try (AotBuild.Running shop = plain.start("headgate.limits=often")) {
            assertThat(shop.output())
                    .contains("headgate.limits cannot be \"often\"")
                    .contains("It accepts");
        }
    }

    /** Whatever the properties are when it is built: the code is the same. */
    @Test
    void nothingIsDecidedWhenItIsBuilt() throws IOException {
        AotBuild limited = AotBuild.process(
                directory.resolve("limited"),
                "headgate.limits=1/day",
                "headgate.rules[0].path=/orders",
                "headgate.rules[0].limits=1/day");
        assertThat(plain.generated()).hasSizeGreaterThan(100);
        assertThat(differences(limited)).isEmpty();
        AotBuild off = AotBuild.process(directory.resolve("off"), "headgate.enabled=false", "headgate.limits=nonsense");
        assertThat(differences(off)).isEmpty();
        AotBuild filter = AotBuild.process(directory.resolve("other"), "spring.profiles.active=filter");
        assertThat(differences(filter)).isNotEmpty();
    }

    /** The files that another build has not, or has with other text. */
    private Set<String> differences(AotBuild other) throws IOException {
        Map<String, String> here = plain.generated();
        Map<String, String> there = other.generated();
        Set<String> names = new TreeSet<>(here.keySet());
        names.addAll(there.keySet());
        names.removeIf(name -> Objects.equals(here.get(name), there.get(name)));
        return names;
    }

    @Test
    void aFilterOfTheApplicationsOwnTakesThePlaceOfOurs() throws IOException {
        AotBuild build = AotBuild.process(directory.resolve("filter"), "spring.profiles.active=filter")
                .compile();
        try (AotBuild.Running shop = build.start("headgate.limits=9/day")) {
            assertThat(shop.output()).contains("HG-103").doesNotContain("HG-101");
            assertThat(shop.statuses("/hello", 2)).containsExactly(200, 429);
        }
        try (AotBuild.Running shop = build.start("headgate.enabled=no")) {
            assertThat(shop.statuses("/hello", 3)).containsOnly(200);
        }
    }

    @Test
    void aLimiterThatIsAskedByNameLimits() throws IOException {
        AotBuild build = AotBuild.process(directory.resolve("limiter"), "spring.profiles.active=limiter")
                .compile();
        try (AotBuild.Running shop = build.start()) {
            assertThat(shop.output()).doesNotContain("HG-1");
            assertThat(shop.statuses("/hello", 2)).containsExactly(200, 429);
        }
        try (AotBuild.Running shop = build.start("headgate.limits=9/day")) {
            assertThat(shop.output())
                    .contains("\"headgateLimiter\" is asked to limit all requests, and headgate.limits is set");
        }
    }

    @Test
    void aLimiterThatIsAskedByQualifierLimits() throws IOException {
        AotBuild build = AotBuild.process(directory.resolve("qualified"), "spring.profiles.active=qualified")
                .compile();
        try (AotBuild.Running shop = build.start()) {
            assertThat(shop.output()).doesNotContain("HG-1");
            assertThat(shop.statuses("/hello", 2)).containsExactly(200, 429);
        }
    }

    /** What is reflected on at run time, as far as a JVM can tell: by the hints that a native image is built with. */
    @Test
    void hintsAtWhatIsReflectedOn() {
        DefaultGenerationContext generation = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get(AotTest.class)), new InMemoryGeneratedFiles());
        try (var context = new GenericWebApplicationContext()) {
            TestPropertyValues.of("management.endpoints.web.exposure.include=headgate")
                    .applyTo(context);
            new AnnotatedBeanDefinitionReader(context).register(HeadgateAutoConfiguration.class);
            new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
        }
        ReflectionHints hints = generation.getRuntimeHints().reflection();
        // What properties are bound to, which is also where their names come from.
        for (Class<?> type : List.of(
                HeadgateProperties.class,
                RuleProperties.class,
                PlanProperties.class,
                TierProperties.class,
                Limit.class,
                HeadgateFailureAnalyzer.class)) {
            Constructor<?> constructor = type.getDeclaredConstructors()[0];
            assertThat(hints.getTypeHint(type))
                    .as(type.getName())
                    .satisfies(hint -> assertThat(
                                    hint.getMemberCategories().contains(MemberCategory.INVOKE_DECLARED_CONSTRUCTORS)
                                            || isInvocable(hint.constructors(), constructor))
                            .isTrue());
        }
        for (Method operation : HeadgateEndpoint.class.getDeclaredMethods()) {
            if (AnnotatedElementUtils.isAnnotated(operation, ReadOperation.class)
                    || AnnotatedElementUtils.isAnnotated(operation, WriteOperation.class)
                    || AnnotatedElementUtils.isAnnotated(operation, DeleteOperation.class)) {
                assertThat(hints.getTypeHint(HeadgateEndpoint.class))
                        .as(operation.getName())
                        .satisfies(hint -> assertThat(isInvocable(hint.methods(), operation))
                                .isTrue());
            }
        }
        for (String text :
                List.of("META-INF/headgate/refusal_en.properties", "META-INF/headgate/refusal_pt-BR.properties")) {
            assertThat(RuntimeHintsPredicates.resource().forResource(text)).accepts(generation.getRuntimeHints());
        }
    }

    private static boolean isInvocable(Stream<ExecutableHint> hints, Executable executable) {
        List<TypeReference> parameters = TypeReference.listOf(executable.getParameterTypes());
        String name = executable instanceof Constructor<?> ? "<init>" : executable.getName();
        return hints.anyMatch(hint -> hint.getMode() == ExecutableMode.INVOKE
                && hint.getName().equals(name)
                && hint.getParameterTypes().equals(parameters));
    }
}
