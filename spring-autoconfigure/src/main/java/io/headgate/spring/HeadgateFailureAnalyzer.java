package io.headgate.spring;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
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

    private static final String LIMITS =
            "limits with commas between them, such as \"100/minute burst 20\" or \"10/second, 500/hour\", or a map of"
                    + " names to limits; a limit is PERMITS/[COUNT]UNIT [burst CAPACITY]";
    private static final String RANGES =
            "address ranges with commas between them, such as \"10.0.0.0/8, 2001:db8::/32\"";
    private static final String BOOLEAN = "true or false";

    /** What a property accepts, by its name without indices. */
    private static final Map<String, String> FORMS = new LinkedHashMap<>();

    static {
        FORMS.put("enabled", BOOLEAN);
        FORMS.put("limits", LIMITS);
        FORMS.put("rules", "a list, each with a path, and limits or unlimited: true");
        FORMS.put("rules.name", "a name that no other rule has, and neither \"default\" nor \"health\"");
        FORMS.put("rules.path", "a servlet mapping, such as /login, /api/*, *.css or /*");
        FORMS.put("rules.methods", "methods with commas between them, such as GET, POST");
        FORMS.put("rules.limits", LIMITS);
        FORMS.put("rules.unlimited", BOOLEAN + ", and true only without limits");
        FORMS.put("rules.cost", "a number of permits, 0 or more");
        FORMS.put("rules.dry-run", BOOLEAN);
        FORMS.put("rules.charge-on", "statuses with commas between them, 100 to 599, such as 401, 403");
        FORMS.put("trusted-proxies", RANGES);
        FORMS.put(
                "forwarded-header",
                "x-forwarded-for, forwarded or the name of another header, with headgate.trusted-proxies;"
                        + " x-forwarded-for or forwarded, with headgate.trusted-hops");
        FORMS.put("trusted-hops", "a number of proxies, 1 to 64, in place of headgate.trusted-proxies");
        FORMS.put("ipv6-prefix", "a number of bits, 32 to 128");
        FORMS.put(
                "translation-prefixes",
                "IPv6 ranges of 32, 40, 48, 56, 64 or 96 bits with commas between them, such as 64:ff9b:1::/48");
        FORMS.put("max-clients", "a number of clients, 1 to 1073741824");
        FORMS.put("overflow", "share, allow or deny");
        FORMS.put("sweep-interval", "a duration of at most 365 days, such as 10s or 1m; 0 for no sweeping");
        FORMS.put("exempt", RANGES);
        FORMS.put("headers", "draft, legacy or none");
        FORMS.put("skip-preflight", BOOLEAN);
        FORMS.put("on-failure", "allow or deny");
        FORMS.put("no-address", "shared, deny or allow");
        FORMS.put("dry-run", BOOLEAN);
        FORMS.put("health", "own, exempt or limited");
        FORMS.put("order", "a whole number; smaller comes earlier");
        FORMS.put("show-addresses", BOOLEAN);
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

    private static boolean isOurs(String name) {
        return name.equals(HeadgateProperties.PREFIX) || name.startsWith(HeadgateProperties.PREFIX + ".");
    }

    private static boolean isOurs(UnboundConfigurationPropertiesException unbound) {
        return unbound.getUnboundProperties().stream().allMatch(property -> PREFIX.isAncestorOf(property.getName()));
    }

    private FailureAnalysis analysis(Throwable failure, String name, @Nullable Object bound, @Nullable String reason) {
        ConfigurationProperty property = property(name);
        // As it was written, not as it was understood: -1s, not PT-1S.
        Object value = property == null ? bound : property.getValue();
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

    private static FailureAnalysis unknown(Throwable failure, Set<ConfigurationProperty> properties) {
        String list = properties.stream()
                .map(property -> "    Property: " + property.getName() + System.lineSeparator() + "    Value: \""
                        + property.getValue() + "\"" + System.lineSeparator() + "    Origin: " + property.getOrigin())
                .collect(Collectors.joining(System.lineSeparator() + System.lineSeparator()));
        return new FailureAnalysis(
                "Headgate has no such property:" + System.lineSeparator() + System.lineSeparator() + list,
                "Correct or remove it. The keys under headgate are "
                        + String.join(", ", ConfiguredKeys.names(HeadgateProperties.class)) + "; those of a rule are "
                        + String.join(", ", ConfiguredKeys.names(RuleProperties.class)) + ".",
                failure);
    }

    private @Nullable ConfigurationProperty property(String name) {
        if (environment != null) {
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

    /** {@code headgate.rules[2].path} is described as {@code rules.path}, and a named limit as the limits. */
    private static String withoutIndices(String name) {
        return name.replaceAll("\\[[0-9]+]", "")
                .replaceFirst("^headgate\\.", "")
                .replaceFirst("^((rules\\.)?limits)\\..*", "$1");
    }
}
