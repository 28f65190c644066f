package io.headgate.metrics;

import io.headgate.Limiter;
import io.headgate.LimiterStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a limiter, of whatever kind:
 *
 * <pre>{@code
 * new LimiterMetrics(limiter).bindTo(registry);
 * }</pre>
 *
 * <p>They read {@link Limiter#stats} when they are scraped, so a decision costs nothing more. A number that is unknown when they
 * are bound has no meter. No key is ever in a tag.
 *
 * <table>
 * <caption>Meters, all with the tag {@code limiter}</caption>
 * <tr><th>name</th><th>type</th><th>what it counts</th></tr>
 * <tr><td>headgate.decisions</td><td>counter</td><td>calls by {@code outcome}: {@code allowed}; {@code denied} or
 * {@code dry_run_denied}, by the {@code limit} that denied; {@code failed}. Each call is counted once. Where it is not one
 * limit that decides, {@code limit} is {@code all}</td></tr>
 * <tr><td>headgate.overflows</td><td>counter</td><td>those of the decisions that the overflow rule made, since there was no room
 * for the key</td></tr>
 * <tr><td>headgate.near.limit</td><td>counter</td><td>calls of {@code decide} that took
 * {@linkplain io.headgate.Limit permits} and left at most a fifth of a limit</td></tr>
 * <tr><td>headgate.clients, headgate.clients.max</td><td>gauge</td><td>keys tracked, and the most there can be</td></tr>
 * <tr><td>headgate.memory, headgate.memory.max</td><td>gauge</td><td>bytes that the limiter occupies, and the most it may
 * occupy</td></tr>
 * <tr><td>headgate.evictions</td><td>counter</td><td>keys evicted because they were full again</td></tr>
 * <tr><td>headgate.sweep</td><td>timer</td><td>sweeps over all keys, and the time they took</td></tr>
 * </table>
 */
@SuppressWarnings("exports") // optional: a module that uses the meters requires Micrometer itself
public final class LimiterMetrics implements MeterBinder {

    private static final String ALL = "all";

    private final Limiter<?> limiter;
    private final boolean dryRun;
    private final @Nullable LongSupplier failures;

    /**
     * The meters of a limiter, under its name.
     *
     * @param limiter the limiter; names are unique within a registry
     */
    public LimiterMetrics(Limiter<?> limiter) {
        this(Objects.requireNonNull(limiter, "limiter"), false, null);
    }

    private LimiterMetrics(Limiter<?> limiter, boolean dryRun, @Nullable LongSupplier failures) {
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
        Tags tags = Tags.of("limiter", limiter.name());
        LimiterStats known = limiter.stats();
        if (!known.isUnknown()) {
            bindDecisions(registry, tags, known);
            bindCounts(registry, tags);
        }
        LongSupplier failed = failures;
        if (failed != null) {
            decisions(registry, tags, ALL, "failed", l -> failed.getAsLong());
        }
        gauge(registry, tags, known, "headgate.clients", "", "Clients that are tracked", LimiterStats::size);
        gauge(
                registry,
                tags,
                known,
                "headgate.clients.max",
                "",
                "Clients that can be tracked at once",
                LimiterStats::maxKeys);
        gauge(
                registry,
                tags,
                known,
                "headgate.memory",
                "bytes",
                "Memory that the limiter occupies",
                LimiterStats::memoryBytes);
        gauge(
                registry,
                tags,
                known,
                "headgate.memory.max",
                "bytes",
                "Memory that the limiter may occupy at most",
                LimiterStats::maxMemoryBytes);
    }

    /** Each call under one limit, or under {@link #ALL}: also if the limiter does not tell its limits apart. */
    private void bindDecisions(MeterRegistry registry, Tags tags, LimiterStats known) {
        String denied = dryRun ? "dry_run_denied" : "denied";
        decisions(registry, tags, ALL, "allowed", l -> l.stats().allowed());
        known.deniedByLimit()
                .keySet()
                .forEach(limit -> decisions(
                        registry, tags, limit.name(), denied, l -> l.stats().denied(limit)));
        boolean byLimit = !known.deniedByLimit().isEmpty();
        decisions(
                registry,
                tags,
                ALL,
                denied,
                l -> byLimit ? l.stats().deniedAtCapacity() : l.stats().denied());
    }

    private void decisions(
            MeterRegistry registry, Tags tags, String limit, String outcome, ToLongFunction<Limiter<?>> count) {
        FunctionCounter.builder("headgate.decisions", limiter, count::applyAsLong)
                .description("Calls of the limiter by outcome")
                .tags(tags.and("limit", limit, "outcome", outcome))
                .register(registry);
    }

    private void bindCounts(MeterRegistry registry, Tags tags) {
        count(
                registry,
                tags,
                "headgate.overflows",
                "Decisions of the overflow rule, since there was no room for the client",
                LimiterStats::overflowed);
        count(
                registry,
                tags,
                "headgate.near.limit",
                "Calls of decide that took permits and left at most a fifth of a limit",
                LimiterStats::nearLimit);
        count(
                registry,
                tags,
                "headgate.evictions",
                "Clients evicted because their buckets were full again",
                LimiterStats::evicted);
        FunctionTimer.builder(
                        "headgate.sweep",
                        limiter,
                        l -> l.stats().sweeps(),
                        l -> l.stats().sweepTime().toNanos(),
                        TimeUnit.NANOSECONDS)
                .description("Sweeps over all clients that evict idle ones")
                .tags(tags)
                .register(registry);
    }

    private void count(
            MeterRegistry registry, Tags tags, String name, String description, ToLongFunction<LimiterStats> number) {
        FunctionCounter.builder(name, limiter, l -> number.applyAsLong(l.stats()))
                .description(description)
                .tags(tags)
                .register(registry);
    }

    private void gauge(
            MeterRegistry registry,
            Tags tags,
            LimiterStats known,
            String name,
            String unit,
            String description,
            ToLongFunction<LimiterStats> number) {
        if (number.applyAsLong(known) >= 0) {
            Gauge.builder(name, limiter, l -> number.applyAsLong(l.stats()))
                    .description(description)
                    .baseUnit(unit.isEmpty() ? null : unit)
                    .tags(tags)
                    .register(registry);
        }
    }
}
