package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.http.Warning;
import io.headgate.metrics.LimiterMetrics;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The meters of all limiters of an application, and a gauge of each warning. */
final class HeadgateMeters implements MeterBinder {

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
            // Failures are the filter's, whichever limiter would have been asked: they count with the first.
            if (first) {
                metrics = metrics.failures(() -> limiters.stats().failed());
            }
            first = false;
            (shown.isDryRun() ? metrics.dryRun() : metrics).bindTo(registry);
        }
        for (Warning warning : Warning.values()) {
            warning(registry, warning.code());
        }
        for (SetupWarning warning : SetupWarning.values()) {
            warning(registry, warning.code());
        }
    }

    private void warning(MeterRegistry registry, String code) {
        Gauge.builder("headgate.warnings", () -> advice.warnings().containsKey(code) ? 1 : 0)
                .description("Whether something looks misconfigured; the code says what")
                .tag("code", code)
                .register(registry);
    }
}
