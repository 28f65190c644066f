package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.http.Option;
import io.headgate.http.Plan;
import io.headgate.plan.AddressPlans;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * An entry of {@code headgate.plans}: the limits of some clients, in place of the general ones.
 *
 * @param limits Limits of each of these clients, written as headgate.limits; or unlimited.
 * @param ranges Address ranges whose clients have this plan.
 * @param rangesFile File with address ranges whose clients have this plan; it is read again when it changes.
 * @param maxClients Number of clients that each limiter of the plan tracks at once, at most; headgate.max-clients by default.
 */
public record PlanProperties(
        @DefaultValue Map<String, Limit> limits,
        @DefaultValue List<String> ranges,
        @Nullable String rangesFile,
        @Nullable Long maxClients) {

    /** Where a plan stands. */
    private static String at(String name) {
        return HeadgateProperties.entry(Option.PLANS, name);
    }

    /** Whether clients have it by their address. */
    boolean isByAddress() {
        return !ranges.isEmpty() || rangesFile != null;
    }

    /** The filter's plan. Throws if it makes no sense, with the property at fault. */
    Plan plan(String name) {
        String at = at(name);
        Plan[] plan = {bare(at, name)};
        if (!ranges.isEmpty()) {
            HeadgateProperties.check(
                    at + ".ranges",
                    String.join(", ", ranges),
                    () -> plan[0] = plan[0].ranges(String.join(", ", ranges)));
        }
        if (rangesFile != null) {
            String file = rangesFile;
            HeadgateProperties.check(at + ".ranges-file", file, () -> plan[0] = plan[0].rangesFile(Path.of(file)));
        }
        if (maxClients != null) {
            long most = maxClients;
            HeadgateProperties.check(at + ".max-clients", most, () -> plan[0] = plan[0].maxClients(most));
        }
        return plan[0];
    }

    /** Name and limits alone. */
    private Plan bare(String at, String name) {
        HeadgateProperties.check(at, name, () -> Plan.unlimited(name));
        if (LimitsConverter.isUnlimited(limits)) {
            return Plan.unlimited(name);
        }
        List<Limit> all =
                List.copyOf(LimitsConverter.named(at + ".limits", limits).values());
        if (all.isEmpty()) {
            throw HeadgateProperties.invalid(at + ".limits", null, "a plan needs limits, or unlimited");
        }
        return Plan.limits(name, all.get(0), all.subList(1, all.size()).toArray(new Limit[0]));
    }

    /** Throws what is wrong with the file of a plan, if that is what is wrong. */
    void requireFile(String name) {
        if (rangesFile != null) {
            String file = rangesFile;
            HeadgateProperties.check(at(name) + ".ranges-file", file, () -> {
                AddressPlans plans =
                        AddressPlans.builder().plan(name, Path.of(file)).build();
                plans.close();
                return plans;
            });
        }
    }
}
