package io.headgate.http;

import io.headgate.LimitStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request was charged as it arrived, left in the request for a limiter behind authentication: there it may be known whose the
 * request is, and then the limits of this somebody are in place of the client's.
 *
 * @param verdict passes
 * @param general the policy of the general limits, which gives way; what rules have charged stays
 * @param before what another limiter has charged before; null if none has
 */
record Arrival(Verdict verdict, Policy<?> general, @Nullable Arrival before) {

    private static final String ATTRIBUTE = "io.headgate.arrival";

    /** Leaves it in the request, if it was under any limit. */
    static void leave(HttpRequest request, Verdict verdict, Policy<?> general) {
        if (!verdict.limits().isEmpty()) {
            request.attribute(ATTRIBUTE, new Arrival(verdict, general, of(request)));
        }
    }

    /** The last one that was left; null if there is none. */
    private static @Nullable Arrival of(HttpRequest request) {
        return request.attribute(ATTRIBUTE) instanceof Arrival arrival ? arrival : null;
    }

    /**
     * Gives the client's permits back, once: those of the last limiter that has charged the client by its general limits.
     *
     * @param own what is in their place
     * @param dryRun whether it is in place of a dry run alone
     * @return the verdict behind authentication, telling of what is left of the limits at arrival as well
     */
    static Verdict replace(HttpRequest request, Verdict own, boolean dryRun) {
        Arrival last = of(request);
        Arrival giving = last;
        while (giving != null && !giving.hasGeneral()) {
            giving = giving.before;
        }
        if (giving == null || (dryRun && !giving.general.dryRun())) {
            return own;
        }
        request.attribute(ATTRIBUTE, null);
        List<LimitStatus> kept = new ArrayList<>();
        for (Arrival each = last; each != null; each = each.before) {
            for (Verdict link = each.verdict; link != null; link = link.before()) {
                if (each.equals(giving) && each.isGeneral(link)) {
                    link.giveBack();
                    kept.addAll(0, link.limitsOfEverybody());
                } else {
                    kept.addAll(0, link.ownLimits());
                }
            }
        }
        return own.inPlaceOf(kept);
    }

    /** What the request is charged each time that it arrives, before a limiter behind is asked; not what a refusal gives back. */
    static List<Charge<?>> charges(HttpRequest request) {
        List<Charge<?>> charges = new ArrayList<>();
        for (Arrival each = of(request); each != null; each = each.before) {
            for (Verdict link = each.verdict; link != null; link = link.before()) {
                Charge<?> charge = link.charge();
                if (charge != null && charge.policy().chargeOn() == null) {
                    charges.add(charge);
                }
            }
        }
        return charges;
    }

    private boolean hasGeneral() {
        for (Verdict link = verdict; link != null; link = link.before()) {
            if (isGeneral(link)) {
                return true;
            }
        }
        return false;
    }

    private boolean isGeneral(Verdict link) {
        Charge<?> charge = link.charge();
        return charge != null && link.isTaken() && charge.policy().equals(general);
    }
}
