package io.headgate.metrics;

import io.headgate.Limit;
import io.headgate.LocalLimiter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a limiter. They read its own counters when they are scraped, so a decision costs nothing more. No key
 * is ever in a tag.
 *
 * <table>
 * <caption>Meters, all with the tag {@code limiter}</caption>
 * <tr><th>name</th><th>type</th><th>what it counts</th></tr>
 * <tr><td>headgate.decisions</td><td>counter</td><td>calls by {@code outcome}: {@code allowed}; {@code denied} or
 * {@code dry_run_denied}, by the {@code limit} that was found exhausted; {@code failed}; and once more
 * {@code overflow}, those of the former that the overflow rule decided. Where it is not one limit that decides,
 * {@code limit} is {@code all}</td></tr>
 * <tr><td>headgate.near.limit</td><td>counter</td><td>calls of {@code decide} that took permits
 * and left at most a fifth of a limit</td></tr>
 * <tr><td>headgate.clients, headgate.clients.max</td><td>gauge</td><td>keys tracked, and the most there can be</td></tr>
 * <tr><td>headgate.memory, headgate.memory.max</td><td>gauge</td><td>bytes that the limiter occupies, and the most it may
 * occupy</td></tr>
 * <tr><td>headgate.evictions</td><td>counter</td><td>keys forgotten because they were full again</td></tr>
 * <tr><td>headgate.sweep</td><td>timer</td><td>walks over all keys, and the time they took</td></tr>
 * </table>
 */
@SuppressWarnings("exports") // optional: who uses the meters requires Micrometer by himself
public final class LimiterMetrics implements MeterBinder {

    private static final String ALL = "all";

    private final LocalLimiter<?> limiter;
    private final boolean dryRun;
    private final @Nullable LongSupplier failures;

    /**
     * The meters of a limiter, under its name.
     *
     * @param limiter the limiter; names are unique within a registry
     */
    public LimiterMetrics(LocalLimiter<?> limiter) {
        this(Objects.requireNonNull(limiter, "limiter"), false, null);
    }

    private LimiterMetrics(LocalLimiter<?> limiter, boolean dryRun, @Nullable LongSupplier failures) {
        this.limiter = limiter;
        this.dryRun = dryRun;
        this.failures = failures;
    }

    /**
     * These meters for a limiter whose denials are only counted.
     *
     * @return meters that call its denials {@code dry_run_denied}
     */
    public LimiterMetrics dryRun() {
        return new LimiterMetrics(limiter, true, failures);
    }

    /**
     * These meters with the count of calls that failed before the limiter could decide.
     *
     * @param failures such as those of a filter
     * @return meters with the outcome {@code failed}
     */
    public LimiterMetrics failures(LongSupplier failures) {
        return new LimiterMetrics(limiter, dryRun, Objects.requireNonNull(failures, "failures"));
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        String refused = dryRun ? "dry_run_denied" : "denied";
        decisions(registry, ALL, "allowed", l -> l.stats().allowed());
        decisions(registry, ALL, "overflow", l -> l.stats().overflowed());
        for (Limit limit : limiter.limits()) {
            decisions(registry, limit.name(), refused, l -> l.stats().denied(limit));
        }
        decisions(registry, ALL, refused, l -> l.stats().deniedAtCapacity());
        LongSupplier failed = failures;
        if (failed != null) {
            decisions(registry, ALL, "failed", l -> failed.getAsLong());
        }
        Tags tags = Tags.of("limiter", limiter.name());
        FunctionCounter.builder("headgate.near.limit", limiter, l -> l.stats().nearLimit())
                .description("Calls of decide that took permits and left at most a fifth of a limit")
                .tags(tags)
                .register(registry);
        Gauge.builder("headgate.clients", limiter, LocalLimiter::size)
                .description("Clients that are tracked")
                .tags(tags)
                .register(registry);
        Gauge.builder("headgate.clients.max", limiter, LocalLimiter::maxKeys)
                .description("Clients that can be tracked at once")
                .tags(tags)
                .register(registry);
        Gauge.builder("headgate.memory", limiter, l -> l.stats().memoryBytes())
                .description("Memory that the limiter occupies")
                .baseUnit("bytes")
                .tags(tags)
                .register(registry);
        Gauge.builder("headgate.memory.max", limiter, LocalLimiter::memoryBytes)
                .description("Memory that the limiter may occupy at most")
                .baseUnit("bytes")
                .tags(tags)
                .register(registry);
        FunctionCounter.builder("headgate.evictions", limiter, l -> l.stats().evicted())
                .description("Clients forgotten because their buckets were full again")
                .tags(tags)
                .register(registry);
        FunctionTimer.builder(
                        "headgate.sweep",
                        limiter,
                        l -> l.stats().sweeps(),
                        l -> l.stats().sweepTime().toNanos(),
                        TimeUnit.NANOSECONDS)
                .description("Walks over all clients that forget idle ones")
                .tags(tags)
                .register(registry);
    }

    private void decisions(
            MeterRegistry registry, String limit, String outcome, ToDoubleFunction<LocalLimiter<?>> count) {
        FunctionCounter.builder("headgate.decisions", limiter, count::applyAsDouble)
                .description("Calls of the limiter by outcome")
                .tags("limiter", limiter.name(), "limit", limit, "outcome", outcome)
                .register(registry);
    }
}
