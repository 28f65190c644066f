package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.http.Warning;
import io.headgate.metrics.LimiterMetrics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/** The meters of all limiters of an application, and a gauge of each warning. */
final class HeadgateMeters implements MeterBinder {

    private static final Log LOG = LogFactory.getLog(HeadgateAutoConfiguration.class);

    private final ApplicationLimiters limiters;
    private final SetupAdvice advice;
    /** Meters hold what they measure weakly. */
    private final List<Limiter<?>> measured = new CopyOnWriteArrayList<>();

    HeadgateMeters(ApplicationLimiters limiters, SetupAdvice advice) {
        this.limiters = limiters;
        this.advice = advice;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        boolean first = true;
        for (ApplicationLimiters.Shown shown : limiters.all()) {
            Limiter<?> limiter = NamedLimiter.of(shown.name(), shown.limiter());
            measured.add(limiter);
            LimiterMetrics metrics = new LimiterMetrics(limiter);
            // What could not be decided is the filter's, whichever limiter would have been asked: it counts with the
            // first.
            if (first) {
                metrics = metrics.failures(() -> limiters.stats().undecided());
            }
            first = false;
            bind(shown.isDryRun() ? metrics.dryRun() : metrics, shown.name(), registry);
        }
        FunctionCounter.builder(
                        "headgate.failures", limiters, all -> all.stats().failed())
                .description("Failures of limiters, resolvers and functions, before and after a request is decided")
                .register(registry);
        for (Warning warning : Warning.values()) {
            warning(registry, warning.code());
        }
        for (SetupWarning warning : SetupWarning.values()) {
            warning(registry, warning.code());
        }
    }

    /** A limiter somewhere else that is away must not keep the application from starting. */
    private static void bind(LimiterMetrics metrics, String limiter, MeterRegistry registry) {
        try {
            metrics.bindTo(registry);
        } catch (RuntimeException e) {
            LOG.warn("The limiter \"" + limiter + "\" has no meters, since it does not tell its counts", e);
        }
    }

    private void warning(MeterRegistry registry, String code) {
        Gauge.builder("headgate.warnings", () -> advice.warnings().containsKey(code) ? 1 : 0)
                .description("Whether something looks misconfigured; the code says what")
                .tag("code", code)
                .register(registry);
    }
}
