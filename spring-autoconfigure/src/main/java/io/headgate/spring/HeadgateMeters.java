package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.http.Warning;
import io.headgate.metrics.LimiterMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.search.Search;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The meters of all limiters of an application, those of its filters' plans, and a gauge of each warning. They follow the limiters
 * and the plans when the configuration of a filter is replaced. Thread-safe.
 */
final class HeadgateMeters implements MeterBinder {

    private static final Log LOG = LogFactory.getLog(HeadgateAutoConfiguration.class);

    /**
     * A limiter as it is measured.
     *
     * @param shown the limiter
     * @param countsFailures whether what could not be decided counts with it: that is a filter's, whichever limiter would have
     *     been asked, and counts with the first
     */
    private record Measured(ApplicationLimiters.Shown shown, boolean countsFailures) {}

    private final ApplicationLimiters limiters;
    private final SetupAdvice advice;
    /** What is measured in each registry, which holds it weakly. Guarded by the monitor. */
    private final Map<MeterRegistry, Map<Measured, Limiter<?>>> measured = new LinkedHashMap<>();
    /** The same of plans. Guarded by the monitor. */
    private final List<PlanMeters> plans = new ArrayList<>();

    HeadgateMeters(ApplicationLimiters limiters, SetupAdvice advice) {
        this.limiters = limiters;
        this.advice = advice;
    }

    @Override
    public synchronized void bindTo(MeterRegistry registry) {
        if (measured.isEmpty()) {
            limiters.filters().forEach(filter -> filter.onReplace(this::follow));
        }
        Map<Measured, Limiter<?>> bound = measured.get(registry);
        if (bound == null) {
            bound = new LinkedHashMap<>();
            measured.put(registry, bound);
            plans.add(new PlanMeters(registry));
        }
        follow(registry, bound);
        plans.forEach(meters -> meters.follow(limiters.requestLimiters()));
        FunctionCounter.builder(
                        "headgate.failures", limiters, all -> all.stats().failed())
                .description("Failures of limiters, resolvers and functions, before and after a request is decided")
                .register(registry);
        FunctionCounter.builder("headgate.unseen.logins", advice, SetupAdvice::unseenLogins)
                .description("Charges that stay since charge-on is failed-login, and no login was seen")
                .register(registry);
        for (Warning warning : Warning.values()) {
            warning(registry, warning.code());
        }
        for (SetupWarning warning : SetupWarning.values()) {
            warning(registry, warning.code());
        }
    }

    private synchronized void follow() {
        measured.forEach(this::follow);
        plans.forEach(meters -> meters.follow(limiters.requestLimiters()));
    }

    /** Whatever is as before keeps its meters: a registry that pushes differences would count it all again. */
    private void follow(MeterRegistry registry, Map<Measured, Limiter<?>> bound) {
        Set<Measured> all = new LinkedHashSet<>();
        limiters.all().forEach(shown -> all.add(new Measured(shown, all.isEmpty())));
        bound.keySet().removeIf(each -> {
            boolean isGone = !all.contains(each);
            if (isGone) {
                unbind(each.shown().name(), registry);
            }
            return isGone;
        });
        all.forEach(each -> bound.computeIfAbsent(each, added -> bind(added, registry)));
    }

    private static void unbind(String limiter, MeterRegistry registry) {
        Search.in(registry)
                .name(name -> name.startsWith("headgate."))
                .tag("limiter", limiter)
                .meters()
                .forEach(registry::remove);
    }

    /** A limiter somewhere else that is away must not keep the application from starting. */
    private Limiter<?> bind(Measured added, MeterRegistry registry) {
        ApplicationLimiters.Shown shown = added.shown();
        Limiter<?> limiter = new NamedLimiter<>(shown.name(), shown.limiter());
        LimiterMetrics metrics = new LimiterMetrics(limiter);
        if (added.countsFailures()) {
            metrics = metrics.failures(() -> limiters.stats().undecided());
        }
        if (shown.isDryRun()) {
            metrics = metrics.dryRun();
        }
        try {
            metrics.bindTo(registry);
        } catch (RuntimeException e) {
            LOG.warn("The limiter \"" + shown.name() + "\" has no meters, since it does not tell its counts", e);
        }
        return limiter;
    }

    private void warning(MeterRegistry registry, String code) {
        Gauge.builder("headgate.warnings", () -> advice.warnings().containsKey(code) ? 1 : 0)
                .description("Whether something looks misconfigured; the code says what")
                .tag("code", code)
                .register(registry);
    }
}
