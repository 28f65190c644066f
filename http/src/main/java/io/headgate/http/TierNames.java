package io.headgate.http;

import io.headgate.Limit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Sees to it that a name means one limiter, and in an answer one limit. */
final class TierNames {

    private TierNames() {}

    /** Throws if a tier has the name of another one, of a plan or of a rule, or a limit that of another limit beside it. */
    static void require(Settings settings) {
        Map<String, String> names = new HashMap<>();
        settings.plans.forEach(plan -> names.put(plan.name(), "a plan"));
        settings.limitedRules().forEach(rule -> rule.givenName().ifPresent(name -> names.put(name, "a rule")));
        Map<String, String> limits = new HashMap<>();
        note(limits, settings.limits, "one of {limits}");
        settings.plans.forEach(plan -> note(limits, plan.limits(), "one of the plan \"" + plan.name() + '"'));
        for (Tier tier : settings.tiers) {
            String other = names.put(tier.name(), "another tier");
            if (other != null) {
                throw invalid(tier, other + " has this name");
            }
            for (Limit limit : tier.limits()) {
                String whose = limits.get(limit.name());
                if (whose != null) {
                    throw invalid(
                            tier,
                            "a limit of it is called \"" + limit.name() + "\", as " + whose
                                    + " is; a name of its own is written as NAME=PERMITS/UNIT");
                }
            }
            note(limits, tier.limits(), "one of the tier \"" + tier.name() + '"');
        }
    }

    private static void note(Map<String, String> names, List<Limit> limits, String whose) {
        limits.forEach(limit -> names.putIfAbsent(limit.name(), whose));
    }

    private static InvalidOptionException invalid(Tier tier, String reason) {
        return new InvalidOptionException(Option.TIERS, tier, reason, null);
    }
}
