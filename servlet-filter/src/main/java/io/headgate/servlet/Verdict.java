package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.Limiter;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outcome for a request, and what it rests on.
 *
 * @param outcome what becomes of it
 * @param decision the limiter's answer; null if no limiter was asked
 * @param charge the permits that it took; null if it took none
 * @param chargeOn tells whether the charge stays; null if it does
 */
record Verdict(
        Outcome outcome,
        @Nullable Decision decision,
        @Nullable Charge<?> charge,
        @Nullable ChargeOn chargeOn) {

    /** A denial without a look at any bucket: nothing can be promised. */
    private static final Decision NOT_ADDRESSED = Decision.denied(null, false, List.of());

    /**
     * Permits that were asked for, and of whom.
     *
     * @param limiter the limiter
     * @param key whose permits
     * @param permits how many
     * @param <K> the type of the key
     */
    record Charge<K>(Limiter<K> limiter, K key, long permits) {

        Decision decide() {
            return limiter.decide(key, permits);
        }

        /** Gives back what the decision took; by the key if the limiter made its decision without a way back. */
        void refund(Decision decision) {
            try {
                decision.refund(permits);
            } catch (UnsupportedOperationException e) {
                limiter.refund(key, permits);
            }
        }
    }

    static Verdict without(Outcome outcome) {
        return new Verdict(outcome, null, null, null);
    }

    static Verdict notAddressed(boolean dryRun) {
        return new Verdict(denial(dryRun), NOT_ADDRESSED, null, null);
    }

    static Verdict decided(Charge<?> charge, boolean dryRun, @Nullable ChargeOn chargeOn) {
        Decision decision = charge.decide();
        return new Verdict(decision.allowed() ? Outcome.ALLOWED : denial(dryRun), decision, charge, chargeOn);
    }

    /** Whether the response will tell if the permits stay taken. */
    boolean isConditional() {
        return outcome == Outcome.ALLOWED && chargeOn != null;
    }

    /** Whether the permits stay taken after such a response. */
    boolean charges(HttpServletResponse response, int status) {
        return chargeOn == null || chargeOn.charges(response, status);
    }

    /** Gives the permits back: answers whether there were any. */
    boolean refund() {
        if (charge == null || decision == null) {
            return false;
        }
        charge.refund(decision);
        return true;
    }

    /** How many permits were asked for. */
    long permits() {
        return charge == null ? 0 : charge.permits();
    }

    /** What the request attribute shows: the decision, or a word for why there is none. */
    Object attribute() {
        return decision == null ? outcome.text() : decision;
    }

    private static Outcome denial(boolean dryRun) {
        return dryRun ? Outcome.DRY_RUN_DENIED : Outcome.DENIED;
    }
}
