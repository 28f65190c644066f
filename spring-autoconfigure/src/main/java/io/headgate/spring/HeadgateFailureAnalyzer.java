package io.headgate.spring;

import io.headgate.http.Option;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Says in words why the application does not start, if it is because of a property under {@code headgate}. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class HeadgateFailureAnalyzer implements FailureAnalyzer {

    private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(HeadgateProperties.PREFIX);

    private static final Set<String> WATCHED = Set.of(
            "org.springframework.security.authentication.AuthenticationManager",
            "org.springframework.security.authentication.AuthenticationEventPublisher");

    private static final String BOOLEAN = "true or false";
    private static final String ALSO = "; a list of limits and a map of names to limits are accepted too";

    /** What a property accepts, by its name without indices. */
    private static final Map<String, String> FORMS = forms();

    private static Map<String, String> forms() {
        Map<String, String> forms = new HashMap<>();
        for (Option option : Option.values()) {
            forms.put(option.property(), option.form(HeadgateProperties::property));
        }
        // Spring's own, and what has more forms than one text.
        forms.put("enabled", BOOLEAN + ", or yes, no, on, off, 1, 0");
        forms.merge("limits", ALSO, String::concat);
        forms.merge(
                "charge-on",
                "; with Spring Security " + FailedLogin.TEXT + " too, alone or among them",
                String::concat);
        forms.put("rules", "a list, each with a path, and limits or unlimited: true");
        forms.put("rules.name", "a name that no other rule has, and no plan, and neither \"default\" nor \"health\"");
        forms.put("rules.path", "a servlet mapping, such as /login, /api/*, *.css or /*");
        forms.put("rules.methods", "methods separated by commas, such as GET, POST");
        forms.put("rules.limits", String.valueOf(forms.get("limits")));
        forms.put("rules.unlimited", BOOLEAN + ", and true only without limits");
        forms.put("rules.cost", String.valueOf(forms.get("cost")));
        forms.put("rules.dry-run", BOOLEAN);
        forms.put("rules.charge-on", String.valueOf(forms.get("charge-on")));
        forms.put("rules.alone", BOOLEAN);
        forms.put("rules.key", String.valueOf(forms.get("key")));
        forms.put(
                "rules.when",
                "conditions separated by commas, each [no] header NAME[=VALUE], [no] query NAME[=VALUE], [no] role NAME,"
                        + " authenticated or anonymous");
        forms.put("rules.stage", String.valueOf(forms.get("stage")));
        forms.put(
                "plans",
                "a map of names to plans, each with limits, and ranges, ranges-file or a PlanSource bean that says who has it;"
                        + " limits alone may stand in its place");
        forms.put("plans.limits", "unlimited, or " + forms.get("limits"));
        forms.put("plans.ranges", String.valueOf(forms.get("exempt")));
        forms.put(
                "plans.ranges-file",
                "the path of a file with one range a line, or with JSON as crawlers publish it, which has a range at least");
        forms.put("plans.max-clients", String.valueOf(forms.get("max-clients")));
        forms.put(
                "tiers",
                "a map of names to tiers, each with limits, and with ipv4-prefix and ipv6-prefix, one of them, or everybody: true");
        forms.put("tiers.limits", String.valueOf(forms.get("limits")));
        forms.put("tiers.ipv4-prefix", "a number of bits from 8 to 31");
        forms.put("tiers.ipv6-prefix", "a number of bits from 32, fewer than headgate.ipv6-prefix");
        forms.put("tiers.everybody", BOOLEAN + ", and true only without prefixes and max-clients");
        forms.put("tiers.max-clients", String.valueOf(forms.get("max-clients")));
        forms.put("health", "own, exempt or limited");
        forms.put("order", "a whole number; smaller comes earlier");
        forms.put("show-addresses", BOOLEAN);
        return forms;
    }

    private final @Nullable Environment environment;

    HeadgateFailureAnalyzer(@Nullable Environment environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        BindException binding = null;
        Throwable deepest = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof InvalidConfigurationPropertyValueException invalid && isOurs(invalid.getName())) {
                return analysis(failure, invalid.getName(), invalid.getValue(), invalid.getReason());
            }
            if (cause instanceof UnboundConfigurationPropertiesException unbound && isOurs(unbound)) {
                return unknown(failure, unbound.getUnboundProperties());
            }
            if (cause instanceof BeanConflictException conflict) {
                return new FailureAnalysis(conflict.getMessage(), conflict.action(), failure);
            }
            if (cause instanceof BeanNotOfRequiredTypeException wrong && isWatched(wrong.getActualType())) {
                return watched(failure, wrong);
            }
            if (cause instanceof BindException bind && isOurs(bind.getName().toString())) {
                binding = bind;
            }
            deepest = cause;
        }
        if (binding == null) {
            return null;
        }
        ConfigurationProperty property = binding.getProperty();
        String name = property == null
                ? binding.getName().toString()
                : property.getName().toString();
        return analysis(failure, name, property == null ? null : property.getValue(), deepest.getMessage());
    }

    /** Whether {@link LoginWatch} stands in for it by its interface. By names: Spring Security need not be there. */
    private static boolean isWatched(Class<?> type) {
        return Proxy.isProxyClass(type)
                && Stream.of(type.getInterfaces()).map(Class::getName).anyMatch(WATCHED::contains);
    }

    private static FailureAnalysis watched(Throwable failure, BeanNotOfRequiredTypeException wrong) {
        String type = wrong.getRequiredType().getName();
        return new FailureAnalysis(
                "The bean \"" + wrong.getBeanName() + "\" is injected as " + type
                        + ", and headgate's failed-login watches it: no subclass can stand in for that class, as it is final, or has"
                        + " final methods or only private constructors.",
                "Inject it by its interface, or open the class, or name responses in charge-on in place of failed-login.",
                failure);
    }

    private static boolean isOurs(String name) {
        return name.equals(HeadgateProperties.PREFIX) || name.startsWith(HeadgateProperties.PREFIX + ".");
    }

    private static boolean isOurs(UnboundConfigurationPropertiesException unbound) {
        return unbound.getUnboundProperties().stream().allMatch(property -> PREFIX.isAncestorOf(property.getName()));
    }

    private FailureAnalysis analysis(Throwable failure, String name, @Nullable Object bound, @Nullable String reason) {
        ConfigurationProperty property = property(name);
        // As it was written, not as it was understood: -1s, not PT-1S.
        Object written = property == null ? bound : property.getValue();
        Object value = written == null ? null : HeadgateProperties.shown(name, written);
        List<String> lines = new ArrayList<>();
        lines.add(value == null ? name + " is missing or incomplete:" : name + " cannot be \"" + value + "\":");
        lines.add("");
        lines.add("    Property: " + name);
        if (value != null) {
            lines.add("    Value: \"" + value + "\"");
        }
        if (property != null && property.getOrigin() != null) {
            lines.add("    Origin: " + property.getOrigin());
        }
        lines.add("    Reason: " + reason);
        String form = FORMS.get(withoutIndices(name));
        return new FailureAnalysis(
                String.join(System.lineSeparator(), lines),
                "Correct " + name + (form == null ? "." : ". It accepts " + form + "."),
                failure);
    }

    private FailureAnalysis unknown(Throwable failure, Set<ConfigurationProperty> properties) {
        for (ConfigurationProperty property : properties) {
            String name = property.getName().toString();
            if (FORMS.containsKey(withoutIndices(name))) {
                // Lists are bound up to the first index that is not there.
                String reason = name.endsWith("]")
                        ? "one value is accepted, not a list"
                        : "a list begins at [0] and leaves no index out";
                return analysis(failure, name, property.getValue(), reason);
            }
        }
        String list = properties.stream()
                .map(property -> "    Property: " + property.getName() + System.lineSeparator() + "    Value: \""
                        + HeadgateProperties.shown(property.getName().toString(), property.getValue()) + "\""
                        + System.lineSeparator() + "    Origin: " + property.getOrigin())
                .collect(Collectors.joining(System.lineSeparator() + System.lineSeparator()));
        return new FailureAnalysis(
                "Headgate has no such property:" + System.lineSeparator() + System.lineSeparator() + list,
                "Correct or remove it. The keys under headgate are "
                        + String.join(", ", ConfiguredKeys.names(HeadgateProperties.class)) + "; those of a rule are "
                        + String.join(", ", ConfiguredKeys.names(RuleProperties.class)) + "; those of a plan are "
                        + String.join(", ", ConfiguredKeys.names(PlanProperties.class)) + "; those of a tier are "
                        + String.join(", ", ConfiguredKeys.names(TierProperties.class)) + ".",
                failure);
    }

    private @Nullable ConfigurationProperty property(String name) {
        if (environment != null && ConfigurationPropertyName.isValid(name)) {
            ConfigurationPropertyName key = ConfigurationPropertyName.of(name);
            for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
                ConfigurationProperty property = source.getConfigurationProperty(key);
                if (property != null) {
                    return property;
                }
            }
        }
        return null;
    }

    /**
     * {@code headgate.rules[2].path} is described as {@code rules.path}, {@code headgate.plans.gold.ranges} as {@code plans.ranges}, a
     * tier likewise, and a named limit as the limits.
     */
    private static String withoutIndices(String name) {
        return name.replaceFirst("^headgate\\.", "")
                .replaceFirst("^(plans|tiers)(\\[[^]]*]|\\.[^.\\[]+)", "$1")
                .replaceAll("\\[[0-9]+]", "")
                .replaceFirst("^(((rules|plans|tiers)\\.)?limits)\\..*", "$1");
    }
}
