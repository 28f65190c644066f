package io.headgate.http;

import io.headgate.Decision;
import io.headgate.LimitStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a request, and why: it passes to the application, or is answered with a {@link Refusal}. By the time that
 * there is a verdict, the request's permits have been taken, or it was denied and took none. What it says does not change.
 * Thread-safe.
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
     * Of a request that is charged more than once, the verdict on the charge before, which passed: under a rule and the general
     * limits, or under two rules, as its path can be read in two ways. So a verdict is a chain, the last charge first, of which each link is settled by itself; {@link #governing} is the link
     * that the client is told of.
     */
    private final @Nullable Verdict before;
    /** Every limit that applies to the request: those of the charge that was denied first, else in the order of the charges. */
    private final List<LimitStatus> limits;
    /** Whether these are also the limits that the request was under as it arrived: what was told then holds no more. */
    private final boolean replacesWhatWasTold;

    /**
     * Whether somebody else was charged in place of this charge, which was given back. Written by the thread that decides behind
     * authentication, read by the one that settles. Where these meet, {@link Decision#refund} gives nothing twice.
     */
    private volatile boolean replaced;

    private Verdict(
            RequestOutcome outcome,
            @Nullable Charge<?> charge,
            @Nullable Decision answer,
            @Nullable Verdict before,
            List<LimitStatus> limits,
            boolean replacesWhatWasTold) {
        this.outcome = outcome;
        this.charge = charge;
        this.answer = answer;
        this.before = before;
        this.limits = limits;
        this.replacesWhatWasTold = replacesWhatWasTold;
    }

    static Verdict without(RequestOutcome outcome) {
        return new Verdict(outcome, null, null, null, List.of(), false);
    }

    static Verdict notAddressed(boolean dryRun) {
        return new Verdict(RequestOutcome.denied(dryRun), null, NOT_ADDRESSED, null, List.of(), false);
    }

    /** Without an answer to the charge after those that came to this verdict. They stay. */
    Verdict failed(RequestOutcome outcome) {
        return new Verdict(outcome, null, null, this, limits, false);
    }

    /** By the answer to a charge, after those before it passed. */
    static Verdict of(Charge<?> charge, Decision answer, @Nullable Verdict before) {
        RequestOutcome passed = before == null ? RequestOutcome.ALLOWED : before.outcome;
        RequestOutcome outcome = answer.allowed()
                ? passed
                : RequestOutcome.denied(charge.policy().dryRun());
        List<LimitStatus> limits = before == null || before.limits.isEmpty()
                ? answer.limits()
                : Stream.concat(before.toldBesideAnother().stream(), answer.limits().stream())
                        .toList();
        return new Verdict(outcome, charge, answer, before, limits, false);
    }

    /** Its limits, where another charge decides: none of a denial that is only counted is violated then. */
    private List<LimitStatus> toldBesideAnother() {
        return isDenial() ? unviolated(limits) : limits;
    }

    static List<LimitStatus> unviolated(List<LimitStatus> limits) {
        return limits.stream()
                .map(status -> new LimitStatus(
                        status.limit(), status.remaining(), false, status.nextPermit(), status.resetAfter()))
                .toList();
    }

    /** This denial, with the longer wait of the two: empty if one of them promises none. */
    Verdict waitingFor(Decision other) {
        Decision own = answer;
        Duration wait = own == null ? null : own.retryAfter().orElse(null);
        Duration longer = other.retryAfter().orElse(null);
        if (own == null || wait == null || (longer != null && longer.compareTo(wait) <= 0)) {
            return this;
        }
        return new Verdict(outcome, charge, own.withRetryAfter(longer), before, limits, false);
    }

    /** This verdict, telling of other limits. */
    Verdict telling(List<LimitStatus> limits) {
        return new Verdict(outcome, charge, answer, before, List.copyOf(limits), false);
    }

    /** This verdict, which takes the place of what was told before: with what is left of that. */
    Verdict inPlaceOf(List<LimitStatus> kept) {
        List<LimitStatus> all = Stream.concat(kept.stream(), limits.stream()).toList();
        return new Verdict(outcome, charge, answer, before, all, true);
    }

    /** The limits of the last charge alone, as they are told beside others. */
    List<LimitStatus> ownLimits() {
        return answer == null ? List.of() : isDenial() ? unviolated(answer.limits()) : answer.limits();
    }

    /** Those of the limits of the last charge that stay charged when it is {@linkplain #giveBack given back}. */
    List<LimitStatus> limitsOfEverybody() {
        return charge == null ? List.of() : charge.ofEverybody(ownLimits());
    }

    /** Gives the last charge back, as another one is in its place. It is not settled then. */
    void giveBack() {
        if (charge != null && answer != null && isTaken()) {
            replaced = true;
            charge.refundClient(answer);
        }
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
     * What the limiter said: if a request is charged more than once, the denial, or the answer to the first charge.
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
        return Refusal.of(said(), limits);
    }

    @Nullable
    Decision said() {
        return governing().answer;
    }

    /** The verdict whose answer counts: the denial, else the first that was answered. */
    private Verdict governing() {
        return before == null || before.said() == null || isDenial() ? this : before.governing();
    }

    List<LimitStatus> limits() {
        return limits;
    }

    boolean replacesWhatWasTold() {
        return replacesWhatWasTold;
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

    /** Whether permits were taken, and have not been given back in place of others. */
    boolean isTaken() {
        return charge != null && answer != null && answer.allowed() && !replaced;
    }

    /** Whether the response has a say in how much stays taken. */
    boolean isConditional() {
        return (isTaken() && charge != null && charge.isConditional()) || (before != null && before.isConditional());
    }

    /** Whether the response, or the application, may give a charge back whole. */
    boolean dependsOnResponse() {
        return (charge != null && charge.policy().chargeOn() != null) || (before != null && before.dependsOnResponse());
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
