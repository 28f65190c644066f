package io.headgate.metrics;

import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanCacheStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToLongFunction;

/**
 * The meters of plans by key:
 *
 * <pre>{@code
 * new PlanCacheMetrics(PlanCache.<String>builder(source).build()).bindTo(registry);
 * }</pre>
 *
 * <p>They read {@link PlanCache#stats} when they are scraped, so a look-up costs nothing more. No key is ever in a tag.
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><th>name</th><th>type</th><th>what it counts</th></tr>
 * <tr><td>headgate.plans.cache.lookups</td><td>counter</td><td>look-ups by {@code outcome}: {@code hit}, {@code miss}</td></tr>
 * <tr><td>headgate.plans.cache.loads</td><td>counter</td><td>loads by {@code outcome}: {@code success}, {@code absent} (there is
 * no plan), {@code failure}, {@code timeout}, {@code rejected} (due and not started)</td></tr>
 * <tr><td>headgate.plans.cache.loading</td><td>gauge</td><td>loads under way</td></tr>
 * <tr><td>headgate.plans.cache.keys</td><td>gauge</td><td>keys that are held by {@code state}: {@code known} (with a plan),
 * {@code remembered} (without one, or being loaded)</td></tr>
 * </table>
 */
@SuppressWarnings("exports") // optional: a module that uses the meters requires Micrometer itself
public final class PlanCacheMetrics implements MeterBinder {

    private final PlanCache<?> plans;
    private final Tags tags;

    /**
     * The meters of plans.
     *
     * @param plans the plans, which the meters do not keep from being collected
     */
    public PlanCacheMetrics(PlanCache<?> plans) {
        this(plans, Tags.empty());
    }

    /**
     * The meters of plans, where others have meters in the same registry.
     *
     * @param plans the plans, which the meters do not keep from being collected
     * @param tags of all these meters, such as {@code filter}; the others must have tags of the same names
     */
    public PlanCacheMetrics(PlanCache<?> plans, Iterable<Tag> tags) {
        this.plans = Objects.requireNonNull(plans, "plans");
        this.tags = Tags.of(tags);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        lookups(registry, "hit", PlanCacheStats::hits);
        lookups(registry, "miss", PlanCacheStats::misses);
        loads(registry, "success", PlanCacheStats::found);
        loads(registry, "absent", PlanCacheStats::absent);
        loads(registry, "failure", PlanCacheStats::failures);
        loads(registry, "timeout", PlanCacheStats::timeouts);
        loads(registry, "rejected", PlanCacheStats::rejected);
        Gauge.builder("headgate.plans.cache.loading", plans, p -> p.stats().underWay())
                .description("Loads of plans that are under way")
                .tags(tags)
                .register(registry);
        keys(registry, "known", PlanCacheStats::size);
        keys(registry, "remembered", PlanCacheStats::remembered);
    }

    private void lookups(MeterRegistry registry, String outcome, ToLongFunction<PlanCacheStats> number) {
        count(registry, "lookups", "Look-ups of plans by outcome", outcome, number);
    }

    private void loads(MeterRegistry registry, String outcome, ToLongFunction<PlanCacheStats> number) {
        count(registry, "loads", "Loads of plans by outcome", outcome, number);
    }

    private void count(
            MeterRegistry registry,
            String name,
            String description,
            String outcome,
            ToLongFunction<PlanCacheStats> number) {
        FunctionCounter.builder("headgate.plans.cache." + name, plans, p -> number.applyAsLong(p.stats()))
                .description(description)
                .tags(tags.and("outcome", outcome))
                .register(registry);
    }

    private void keys(MeterRegistry registry, String state, ToLongFunction<PlanCacheStats> number) {
        Gauge.builder("headgate.plans.cache.keys", plans, p -> number.applyAsLong(p.stats()))
                .description("Keys that are held, with a plan or without one")
                .tags(tags.and("state", state))
                .register(registry);
    }
}
