package io.headgate.spring;

import io.headgate.http.RequestLimiter;
import io.headgate.metrics.AddressPlansMetrics;
import io.headgate.metrics.PlanCacheMetrics;
import io.headgate.plan.AddressPlans;
import io.headgate.plan.PlanCache;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.search.Search;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The meters of what filters know of plans, in one registry. Not thread-safe. */
final class PlanMeters {

    private static final String FILTER = "filter";
    private static final String OF_ADDRESSES = "headgate.plans.";
    private static final String OF_KEYS = "headgate.plans.cache.";

    /**
     * What a filter knows. Two are equal if they know it by the same object.
     *
     * @param filter the name of the filter
     * @param plans {@link AddressPlans} or a {@link PlanCache}
     */
    private record Known(String filter, Object plans) {}

    private final MeterRegistry registry;
    private final Set<Known> bound = new LinkedHashSet<>();

    PlanMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Whatever is as before keeps its meters. */
    void follow(List<RequestLimiter> filters) {
        Set<Known> all = new LinkedHashSet<>();
        for (RequestLimiter limits : filters) {
            limits.addressPlans().ifPresent(plans -> all.add(new Known(limits.name(), plans)));
            limits.planCache().ifPresent(plans -> all.add(new Known(limits.name(), plans)));
        }
        bound.removeIf(known -> {
            boolean isGone = !all.contains(known);
            if (isGone) {
                unbind(known);
            }
            return isGone;
        });
        all.stream().filter(bound::add).forEach(this::bind);
    }

    private void bind(Known known) {
        Tags tags = Tags.of(FILTER, known.filter());
        if (known.plans() instanceof AddressPlans plans) {
            new AddressPlansMetrics(plans, tags).bindTo(registry);
        } else {
            new PlanCacheMetrics((PlanCache<?>) known.plans(), tags).bindTo(registry);
        }
    }

    private void unbind(Known known) {
        boolean isOfKeys = known.plans() instanceof PlanCache;
        Search.in(registry)
                .name(name -> name.startsWith(OF_ADDRESSES) && name.startsWith(OF_KEYS) == isOfKeys)
                .tag(FILTER, known.filter())
                .meters()
                .forEach(registry::remove);
    }
}
