package io.headgate.http;

import io.headgate.LimitStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * What a request was charged as it arrived, left in the request for a limiter behind authentication: there it may be known whose the
 * request is, and then the limits of this somebody are in place of the client's.
 *
 * @param verdict passes
 * @param general the policy of the general limits, which gives way; what rules have charged stays
 */
record Arrival(Verdict verdict, Policy<?> general) {

    private static final String ATTRIBUTE = "io.headgate.arrival";

    /** Leaves it, if the client was charged by the general limits. */
    void leaveIn(HttpRequest request) {
        for (Verdict each = verdict; each != null; each = each.before()) {
            if (isGeneral(each)) {
                request.attribute(ATTRIBUTE, this);
                return;
            }
        }
    }

    /**
     * Gives the client's permits back, once.
     *
     * @param own what is in their place
     * @param dryRun whether it is in place of a dry run alone
     * @return the verdict behind authentication, telling of what is left of the limits at arrival as well
     */
    static Verdict replace(HttpRequest request, Verdict own, boolean dryRun) {
        if (!(request.attribute(ATTRIBUTE) instanceof Arrival arrival) || (dryRun && !arrival.general.dryRun())) {
            return own;
        }
        request.attribute(ATTRIBUTE, null);
        List<LimitStatus> kept = new ArrayList<>();
        for (Verdict each = arrival.verdict; each != null; each = each.before()) {
            if (arrival.isGeneral(each)) {
                each.giveBack();
            } else {
                kept.addAll(0, each.ownLimits());
            }
        }
        return own.inPlaceOf(kept);
    }

    private boolean isGeneral(Verdict link) {
        Charge<?> charge = link.charge();
        return charge != null && link.isTaken() && charge.policy().equals(general);
    }
}
