package io.headgate.http;

import io.headgate.Limit;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the log says of a configuration when it starts: its limits and rules, written as they could be configured. */
final class StartLine {

    private StartLine() {}

    static String of(Settings settings, Limiters limiters) {
        String limits = general(settings, limiters.general());
        return settings.rules.isEmpty()
                ? limits
                : limits + "; rules "
                        + settings.rules.stream()
                                .map(rule -> rule.name() + ": " + text(rule, settings, limiters))
                                .collect(Collectors.joining(" | "));
    }

    private static String general(Settings settings, @Nullable KeyedLimiter<?> handedIn) {
        if (settings.limits.isEmpty()) {
            return handedIn == null
                    ? "no general limits"
                    : "limits " + text(handedIn.limiter().limits());
        }
        return "limits "
                + text(settings.limits)
                + (settings.key.isClient() ? "" : " for each " + settings.key)
                + settings.plans.stream().map(StartLine::text).collect(Collectors.joining())
                + settings.tiers.stream().map(tier -> "; tier " + tier).collect(Collectors.joining());
    }

    private static String text(Plan plan) {
        return "; plan " + plan.name() + ": " + (plan.isUnlimited() ? "unlimited" : text(plan.limits()));
    }

    private static String text(Rule rule, Settings settings, Limiters limiters) {
        KeyedLimiter<?> limiter = limiters.of(rule);
        if (limiter == null) {
            return "unlimited";
        }
        return text(limiter.limiter().limits())
                + (rule.key().isClient() ? "" : " for each " + rule.key())
                + (rule.isDryRun() ? " dry-run" : "")
                + (settings.isBesideGeneralLimits(rule) ? " beside the general limits" : "");
    }

    static String text(List<Limit> limits) {
        return limits.isEmpty()
                ? "of a limiter that does not tell"
                : limits.stream().map(StartLine::text).collect(Collectors.joining(", "));
    }

    private static String text(Limit limit) {
        String text = limit.permits() + "/" + text(limit.period());
        return limit.capacity() == limit.permits() ? text : text + " burst " + limit.capacity();
    }

    private static String text(Duration period) {
        if (period.toNanosPart() == 0) {
            return period.toSeconds() + "s";
        }
        return period.toNanosPart() % 1_000_000 == 0 ? period.toMillis() + "ms" : period.toNanos() + "ns";
    }
}
