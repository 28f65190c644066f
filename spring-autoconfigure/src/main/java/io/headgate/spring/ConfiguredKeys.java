package io.headgate.spring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Looks at the keys under {@code headgate} themselves, for what no binding of their values can find. */
final class ConfiguredKeys implements BeanFactoryPostProcessor {

    private static final Log LOG = LogFactory.getLog(HeadgateAutoConfiguration.class);
    private static final ConfigurationPropertyName LIMITS = ConfigurationPropertyName.of("headgate.limits");
    private static final ConfigurationPropertyName RULES = ConfigurationPropertyName.of("headgate.rules");
    private static final ConfigurationPropertyName PLANS = ConfigurationPropertyName.of("headgate.plans");
    private static final ConfigurationPropertyName TIERS = ConfigurationPropertyName.of("headgate.tiers");

    /** The key of one limit: in a list or a map, of all requests, of a rule, of a plan or of a tier. */
    private static final Pattern LIMIT = Pattern.compile(
            "headgate\\.(rules\\[[0-9]+]\\.|(plans|tiers)(\\[[^]]*]|\\.[^.\\[]+)\\.)?limits(\\[[^]]*]|\\.[^.\\[]+)");

    /** What stands below a value of a rule that has no keys of its own. */
    private static final Pattern MAP_IN_A_RULE =
            Pattern.compile("headgate\\.(rules\\[[0-9]+]\\.(?!limits\\b)[^.\\[]+)\\.(.+)");

    /** What a variable or a property says of a plan or a tier, without its name: a variable has no underscore in that. */
    private static final Pattern NAMED = Pattern.compile(
            "headgate(?:_(?:plans|tiers)_[^_]+_?|\\.(?:plans|tiers)(?:\\.[^.\\[]+|\\[[^]]*])\\.?)(.*)",
            Pattern.CASE_INSENSITIVE);

    /** Sources of variables that come from anywhere: what is wrong there is only warned of. */
    private static final List<String> FOREIGN = List.of(
            StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
            StandardEnvironment.SYSTEM_PROPERTIES_PROPERTY_SOURCE_NAME);

    private final Environment environment;
    /** Written before there are other beans, then only read. */
    private @Nullable String unknown;

    ConfiguredKeys(Environment environment) {
        this.environment = environment;
    }

    @Override
    public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
        if (isDisabled(environment)) {
            return;
        }
        requireAscii();
        requireOneForm(LIMITS);
        limitsBelow(PLANS).forEach(this::requireOneForm);
        limitsBelow(TIERS).forEach(this::requireOneForm);
        requireOneFormInRules();
        requireTexts();
        requireNoMapsInRules();
        Set<String> variables = unknownVariables();
        if (!variables.isEmpty()) {
            Object[] seen = {String.join(", ", variables), String.join(", ", names(HeadgateProperties.class))};
            unknown = SetupWarning.UNKNOWN_VARIABLE.text(seen);
            // At once: it may be why the application does not start.
            LOG.warn(SetupWarning.UNKNOWN_VARIABLE.line(seen));
        }
    }

    /** What was said of unknown variables; null if there are none. */
    @Nullable
    String unknown() {
        return unknown;
    }

    /** Whether nothing else is read. An unreadable value is reported where the properties are bound. */
    static boolean isDisabled(Environment environment) {
        try {
            return !Binder.get(environment)
                    .bind(HeadgateProperties.PREFIX + ".enabled", Boolean.class)
                    .orElse(true);
        } catch (BindException unreadable) {
            return false;
        }
    }

    /** Whether limits, rules, plans or tiers are written anywhere, be it an empty text. */
    boolean haveLimitsOrRules() {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (Stream.of(LIMITS, RULES, PLANS, TIERS).anyMatch(name -> isThere(source, name))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isThere(ConfigurationPropertySource source, ConfigurationPropertyName name) {
        return source.getConfigurationProperty(name) != null
                || source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT;
    }

    /** Binding would drop letters from a key, and so call a limit something else. */
    private void requireAscii() {
        if (environment instanceof ConfigurableEnvironment configurable) {
            for (PropertySource<?> source : configurable.getPropertySources()) {
                if (source instanceof EnumerablePropertySource<?> enumerable) {
                    Arrays.stream(enumerable.getPropertyNames())
                            .filter(ConfiguredKeys::isOursAndNotAscii)
                            .findFirst()
                            .ifPresent(name -> {
                                Origin origin = OriginLookup.getOrigin(source, name);
                                throw HeadgateProperties.invalid(
                                        name.substring(HeadgateProperties.PREFIX.length() + 1),
                                        source.getProperty(name),
                                        "the key has letters that are not ASCII, which keys and names of limits must be; it is"
                                                + " written in "
                                                + (origin == null
                                                        ? "property source \"" + source.getName() + '"'
                                                        : origin));
                            });
                }
            }
        }
    }

    private static boolean isOursAndNotAscii(String name) {
        return name.startsWith(HeadgateProperties.PREFIX + ".") && name.chars().anyMatch(c -> c < ' ' || c > '~');
    }

    /** Binding would take the map and silently drop the text, whichever of them has precedence. */
    private void requireOneForm(ConfigurationPropertyName limits) {
        List<ConfigurationProperty> texts = new ArrayList<>();
        List<ConfigurationProperty> entries = new ArrayList<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            ConfigurationProperty text = source.getConfigurationProperty(limits);
            if (text != null) {
                texts.add(text);
            }
            if (source instanceof IterableConfigurationPropertySource iterable) {
                iterable.stream().filter(limits::isAncestorOf).limit(1).forEach(name -> {
                    ConfigurationProperty entry = iterable.getConfigurationProperty(name);
                    if (entry != null) {
                        entries.add(entry);
                    }
                });
            }
        }
        if (!texts.isEmpty() && !entries.isEmpty()) {
            ConfigurationProperty text = texts.get(0);
            ConfigurationProperty entry = entries.get(0);
            throw HeadgateProperties.invalid(
                    limits.toString().substring(HeadgateProperties.PREFIX.length() + 1),
                    text.getValue(),
                    "it is one text (" + text.getOrigin() + ") and a map or a list at once (" + entry.getName() + " = "
                            + entry.getValue() + ", " + entry.getOrigin() + "); keep one of them");
        }
    }

    /** Where the limits of plans, or of tiers, may be, whatever source has them. */
    private Set<ConfigurationPropertyName> limitsBelow(ConfigurationPropertyName map) {
        Set<ConfigurationPropertyName> limits = new LinkedHashSet<>();
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source instanceof IterableConfigurationPropertySource iterable) {
                iterable.stream()
                        .filter(map::isAncestorOf)
                        .map(name -> name.chop(map.getNumberOfElements() + 1).append("limits"))
                        .forEach(limits::add);
            }
        }
        return limits;
    }

    /** The elements of a list come from one source, so only within it a rule can have both. */
    private void requireOneFormInRules() {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source instanceof IterableConfigurationPropertySource iterable) {
                List<ConfigurationPropertyName> names = iterable.stream()
                        .filter(name -> name.toString().startsWith("headgate.rules["))
                        .toList();
                for (ConfigurationPropertyName text : names) {
                    names.stream().filter(text::isAncestorOf).findFirst().ifPresent(entry -> {
                        throw HeadgateProperties.invalid(
                                text.toString().substring(HeadgateProperties.PREFIX.length() + 1),
                                null,
                                "it is one text and a map or a list at once (" + entry + "); keep one of them");
                    });
                }
            }
        }
    }

    /** Binding would miss a limit, or know nothing of a property, where a list or a map stands for a limit. */
    private void requireTexts() {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source instanceof IterableConfigurationPropertySource iterable && !isForeign(source)) {
                iterable.stream()
                        .filter(ConfiguredKeys::isBelowALimit)
                        .findFirst()
                        .ifPresent(name -> {
                            ConfigurationProperty property = iterable.getConfigurationProperty(name);
                            throw HeadgateProperties.invalid(
                                    name.toString().substring(HeadgateProperties.PREFIX.length() + 1),
                                    property == null ? null : property.getValue(),
                                    "a limit is one text, not a list or a map");
                        });
            }
        }
    }

    /** Binding takes it for an element of a list that is overridden elsewhere, and drops it. */
    private void requireNoMapsInRules() {
        for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
            if (source instanceof IterableConfigurationPropertySource iterable && !isForeign(source)) {
                for (ConfigurationPropertyName name : iterable) {
                    Matcher map = MAP_IN_A_RULE.matcher(name.toString());
                    if (map.matches()) {
                        ConfigurationProperty entry = iterable.getConfigurationProperty(name);
                        throw HeadgateProperties.invalid(
                                map.group(1),
                                "{" + map.group(2) + "=" + (entry == null ? "" : entry.getValue()) + "}",
                                "it is no map");
                    }
                }
            }
        }
    }

    private static boolean isForeign(ConfigurationPropertySource source) {
        return source.getUnderlyingSource() instanceof PropertySource<?> underlying
                && FOREIGN.contains(underlying.getName());
    }

    private static boolean isBelowALimit(ConfigurationPropertyName name) {
        String text = name.toString();
        Matcher limit = LIMIT.matcher(text);
        return limit.lookingAt() && limit.end() < text.length();
    }

    /** Files and arguments are refused by the binding. */
    private Set<String> unknownVariables() {
        Set<String> unknown = new TreeSet<>();
        if (environment instanceof ConfigurableEnvironment configurable) {
            for (String source : FOREIGN) {
                if (configurable.getPropertySources().get(source) instanceof EnumerablePropertySource<?> variables) {
                    Arrays.stream(variables.getPropertyNames())
                            .filter(name -> !isKnown(name))
                            .forEach(unknown::add);
                }
            }
        }
        return unknown;
    }

    /** Whether a key is under our prefix, as a property or as a variable. */
    static boolean isOurs(String key) {
        return key.toLowerCase(Locale.ROOT).matches(HeadgateProperties.PREFIX + "[._].*");
    }

    private static boolean isKnown(String variable) {
        if (!isOurs(variable)) {
            return true;
        }
        String rest = uniform(variable).substring(HeadgateProperties.PREFIX.length());
        if (rest.matches("rules[0-9]+.*")) {
            return isField(RuleProperties.class, rest.replaceFirst("rules[0-9]+", ""));
        }
        Matcher named = NAMED.matcher(variable);
        if (!named.matches()) {
            return isField(HeadgateProperties.class, rest);
        }
        Class<?> type = rest.startsWith("plans") ? PlanProperties.class : TierProperties.class;
        return named.group(1).isEmpty() || isField(type, uniform(named.group(1)));
    }

    /** A list of simple values may have its index behind it, and a map of limits has names. */
    private static boolean isField(Class<?> type, String rest) {
        return rest.startsWith("limits")
                || names(type).stream().map(ConfiguredKeys::uniform).anyMatch(rest.replaceFirst("[0-9]+$", "")::equals);
    }

    /** The keys that a properties type has fields for: by its constructor, as they are bound, which native images keep for that. */
    static Set<String> names(Class<?> type) {
        return Arrays.stream(type.getDeclaredConstructors()[0].getParameters())
                .map(parameter ->
                        parameter.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** A key as every way of writing it has it: {@code HEADGATE_MAXCLIENTS} and {@code headgate.max-clients} alike. */
    private static String uniform(String key) {
        return key.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }
}
