package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.http.Option;
import io.headgate.http.RequestLimiterBuilder;
import io.headgate.http.Stage;
import io.headgate.servlet.RateLimitFilter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.json.JsonParserFactory;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;

/** Every option is there in code, as an init-param and as a property; init-params are the table itself. */
class ParityTest {

    /** Properties that are no options of a filter. */
    private static final Set<String> OF_SPRING = Set.of("enabled", "health", "order", "show-addresses");

    /** Says something else in the starter, which makes a filter for each stage. */
    private static final String STAGE = "STAGE";

    /** Methods that no text can stand for. */
    private static final Set<String> OF_CODE = Set.of(
            "build",
            "costAfter",
            "limiterName",
            "onClientDenied",
            "onDenied",
            "planCache",
            "planSource",
            "refusalFields",
            "registry",
            "resolver",
            "spelling",
            "ticker");

    /** What sets each option to something other than its default. */
    private static final Map<Option, String> SAMPLES = Map.ofEntries(
            Map.entry(Option.LIMITS, "limits=2/s"),
            Map.entry(Option.RULES, "rules[0].path=/x;rules[0].limits=1/s"),
            Map.entry(Option.KEY, "key=header X-API-Key"),
            Map.entry(Option.PLANS, "limits=1/s;plans.gold.limits=2/s;plans.gold.ranges=192.0.2.0/24"),
            Map.entry(Option.TIERS, "limits=1/s;tiers.service.limits=9/s;tiers.service.everybody=true"),
            Map.entry(Option.SECRET, "secret=a secret"),
            Map.entry(Option.TRUSTED_PROXIES, "trusted-proxies=10.0.0.0/8"),
            Map.entry(Option.FORWARDED_HEADER, "trusted-hops=2;forwarded-header=forwarded"),
            Map.entry(Option.TRUSTED_HOPS, "trusted-hops=2"),
            Map.entry(Option.IPV6_PREFIX, "ipv6-prefix=56"),
            Map.entry(Option.TRANSLATION_PREFIXES, "translation-prefixes=64:ff9b:1::/48"),
            Map.entry(Option.MAX_CLIENTS, "max-clients=7"),
            Map.entry(Option.OVERFLOW, "overflow=deny"),
            Map.entry(Option.SWEEP_INTERVAL, "sweep-interval=1s"),
            Map.entry(Option.EXEMPT, "exempt=192.0.2.1"),
            Map.entry(Option.HEADERS, "headers=legacy"),
            Map.entry(Option.RETRY_AFTER_JITTER, "retry-after-jitter=1s"),
            Map.entry(Option.REFUSAL, "refusal=problem"),
            Map.entry(Option.LANGUAGES, "languages=de,fr"),
            Map.entry(Option.DRAIN, "drain=10MB in 5s"),
            Map.entry(Option.SKIP_PREFLIGHT, "skip-preflight=true"),
            Map.entry(Option.COST, "cost=2"),
            Map.entry(Option.CHARGE_ON, "charge-on=401"),
            Map.entry(Option.DRY_RUN, "dry-run=true"),
            Map.entry(Option.NO_ADDRESS, "no-address=deny"),
            Map.entry(Option.ON_FAILURE, "on-failure=deny"),
            Map.entry(Option.NAME, "name=x"));

    @Test
    void codeHasEveryOptionAndNoOther() {
        Set<String> methods = Arrays.stream(RateLimitFilter.Builder.class.getMethods())
                .filter(method -> method.getDeclaringClass() != Object.class)
                .map(Method::getName)
                .map(name -> Set.of("rule", "plan", "tier").contains(name) ? name + "s" : name)
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
    @EnumSource(value = Option.class, names = STAGE, mode = EnumSource.Mode.EXCLUDE)
    void completionSaysWhatTheTableSays(Option option) throws IOException {
        Map<?, ?> property = metadata(HeadgateProperties.property(option));
        assertThat(property.get("description")).isEqualTo(option.meaning() + ".");
        Object byDefault = property.get("defaultValue");
        if (option == Option.NAME) {
            assertThat(byDefault).isEqualTo("headgate");
        } else {
            // An empty list is written as none, or as all where it leaves nothing out; a secret is drawn where there is
            // none.
            assertThat(
                            byDefault == null || byDefault.equals(List.of())
                                    ? option.byDefault().replaceFirst("all|random", "none")
                                    : text(byDefault))
                    .isEqualTo(byDefault == null || byDefault.equals(List.of()) ? "none" : option.byDefault());
        }
    }

    private static String text(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).collect(Collectors.joining(", "))
                : value.toString();
    }

    /** A property that is bound and not handed on would be silently without effect. */
    @ParameterizedTest
    @EnumSource(value = Option.class, names = STAGE, mode = EnumSource.Mode.EXCLUDE)
    void everyPropertyIsHandedToTheFilter(Option option) {
        String[] properties = Objects.requireNonNull(SAMPLES.get(option), "a sample of " + option)
                .split(";", -1);
        new WebApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(HeadgateAutoConfiguration.class))
                .withPropertyValues(
                        Arrays.stream(properties).map("headgate."::concat).toArray(String[]::new))
                .run(context -> {
                    RateLimitFilter.Builder builder = RateLimitFilter.builder();
                    context.getBean(HeadgateProperties.class).configure(builder, Stage.ARRIVAL, false, "", null);
                    assertThat(setting(builder, option)).isNotEqualTo(setting(RateLimitFilter.builder(), option));
                });
    }

    private static @Nullable Object setting(RateLimitFilter.Builder builder, Option option)
            throws ReflectiveOperationException {
        Field settings = RequestLimiterBuilder.class.getDeclaredField("settings");
        settings.setAccessible(true);
        Object all = settings.get(builder);
        Field setting = all.getClass().getDeclaredField(option.toString());
        setting.setAccessible(true);
        return setting.get(all);
    }

    @Test
    void thePageHasEveryProperty() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "spring-boot.md"));
        assertThat(ConfiguredKeys.names(HeadgateProperties.class))
                .allSatisfy(property -> assertThat(page).contains("\n| `" + property + "` | "));
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
