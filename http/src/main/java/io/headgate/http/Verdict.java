package io.headgate.http;

import io.headgate.Decision;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a request, and why: it passes to the application, or is answered with a {@link Refusal}. By the time that
 * there is a verdict, the request's permits have been taken, or it was denied and took none. Immutable.
 *
 * <pre>{@code
 * Verdict verdict = limits.decide(request);
 * if (!verdict.passes()) {
 *     Refusal refusal = verdict.refusal();
 *     send(refusal.status(), Refusal.CONTENT_TYPE, refusal.body());
 * }
 * }</pre>
 *
 * @see RequestLimiter#decide
 */
public final class Verdict implements Assessment {

    /** A denial without a look at any bucket: nothing can be promised. */
    private static final Decision NOT_ADDRESSED = Decision.denied(null, false, List.of());

    private final RequestOutcome outcome;
    /** What was asked for; null if no limiter was asked. */
    private final @Nullable Charge<?> charge;
    /** The answer to that; null if there is none. */
    private final @Nullable Decision answer;
    /**
     * Of a request that is charged twice, as its path can be read in two ways, the verdict on the charge before, which passed.
     * So a verdict is a chain, the last charge first, of which each link is settled by itself; {@link #governing} is the link
     * that the client is told of.
     */
    private final @Nullable Verdict before;

    private Verdict(
            RequestOutcome outcome, @Nullable Charge<?> charge, @Nullable Decision answer, @Nullable Verdict before) {
        this.outcome = outcome;
        this.charge = charge;
        this.answer = answer;
        this.before = before;
    }

    static Verdict without(RequestOutcome outcome) {
        return new Verdict(outcome, null, null, null);
    }

    static Verdict notAddressed(boolean dryRun) {
        return new Verdict(RequestOutcome.denied(dryRun), null, NOT_ADDRESSED, null);
    }

    /** Without an answer to the charge after those that came to this verdict. They stay. */
    Verdict failed(RequestOutcome outcome) {
        return new Verdict(outcome, null, null, this);
    }

    /** By the answer to a charge, after those before it passed. */
    static Verdict of(Charge<?> charge, Decision answer, @Nullable Verdict before) {
        RequestOutcome passed = before == null ? RequestOutcome.ALLOWED : before.outcome;
        RequestOutcome outcome = answer.allowed()
                ? passed
                : RequestOutcome.denied(charge.policy().dryRun());
        return new Verdict(outcome, charge, answer, before);
    }

    /** This denial, with the longer wait of the two: empty if one of them promises none. */
    Verdict waitingFor(Decision other) {
        Decision own = answer;
        Duration wait = own == null ? null : own.retryAfter().orElse(null);
        Duration longer = other.retryAfter().orElse(null);
        if (own == null || wait == null || (longer != null && longer.compareTo(wait) <= 0)) {
            return this;
        }
        return new Verdict(outcome, charge, Decision.denied(longer, own.overflow(), own.limits()), before);
    }

    /**
     * Whether the request goes on to the application.
     *
     * @return false if it is to be answered with the {@link #refusal}
     */
    public boolean passes() {
        return outcome.passes();
    }

    /**
     * What the limiter said: if a request is charged twice, the denial, or the answer to the first.
     *
     * @return empty if no limiter was asked
     */
    public Optional<Decision> decision() {
        return Optional.ofNullable(said());
    }

    /**
     * The answer to a request that does not pass.
     *
     * @return status and body
     * @throws IllegalStateException if the request passes
     */
    public Refusal refusal() {
        if (passes()) {
            throw new IllegalStateException("the request passes");
        }
        return Refusal.of(said());
    }

    @Nullable
    Decision said() {
        return governing().answer;
    }

    /** The verdict whose answer counts: the denial, else the first that was answered. */
    private Verdict governing() {
        return before == null || before.said() == null || isDenial() ? this : before.governing();
    }

    RequestOutcome outcome() {
        return outcome;
    }

    /** How many permits were asked for, by the charge that {@link #said} answers. */
    long permits() {
        Charge<?> asked = governing().charge;
        return asked == null ? 0 : asked.permits();
    }

    /** Of whom; null if no limiter was asked. */
    @Nullable
    Charge<?> charge() {
        return charge;
    }

    @Nullable
    Decision answer() {
        return answer;
    }

    @Nullable
    Verdict before() {
        return before;
    }

    /** Whether the last charge was denied, or would have been. */
    boolean isDenial() {
        return answer != null && !answer.allowed();
    }

    /** Whether permits were taken. */
    boolean isTaken() {
        return charge != null && answer != null && answer.allowed();
    }

    /** Whether the response has a say in how much stays taken. */
    boolean isConditional() {
        return (isTaken() && charge != null && charge.isConditional()) || (before != null && before.isConditional());
    }

    /** Whether it matters how long the request takes. */
    boolean isTimed() {
        return (charge != null && charge.policy().costAfter() != null) || (before != null && before.isTimed());
    }

    /** What the request attribute shows: the decision, or a word for why there is none. */
    Object attribute() {
        Decision decision = said();
        return decision == null ? outcome.text() : decision;
    }
}
