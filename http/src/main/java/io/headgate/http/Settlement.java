package io.headgate.http;

import io.headgate.Decision;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Decides how many of the {@linkplain io.headgate.Limit permits} that a request has taken stay taken, once it is known
 * how the request was answered: by {@link ChargeOn} and {@link CostAfter}. An adapter tells it what it sees, in any
 * order and as often as it likes: {@link #failed}, {@link #committed}, {@link #completed}.
 *
 * <pre>{@code
 * // The verdict passes: one that does not has no settlement either.
 * Settlement settlement = limits.settlement(verdict, request, response);
 * if (settlement == null) {  // the charge stays in any case
 *     handle(request, response);
 * } else {
 *     try {
 *         handle(request, response);
 *         settlement.committed(response.status());
 *         settlement.completed();
 *     } catch (Exception e) {
 *         settlement.failed();
 *         throw e;
 *     }
 * }
 * }</pre>
 *
 * <p>Where {@link ChargeOn} is asked, the application may say it itself, in a request attribute that is read once, at the end:
 *
 * <pre>{@code
 * request.attribute(Settlement.CHARGE, true);  // a failed login, whatever is answered
 * request.attribute(Settlement.REFUND, true);  // a successful one
 * }</pre>
 *
 * <p>If it says both, the charge stays: who has seen a failure need not know of anybody else. For what is known only after the end
 * of the request, take the {@link Decision} along and {@linkplain Decision#refund refund} that.
 *
 * <p><b>In doubt the charge stays.</b> Permits are given back only if the request was completed with a known status, and no
 * error was seen before. A client that resets its connection makes the application fail after it has read its 401.
 *
 * <p>Thread-safe.
 */
public final class Settlement {

    /**
     * The request attribute by which the application says that a request is charged, whatever {@link ChargeOn} says. Any value but
     * null says so; it is not taken back by {@link #REFUND}.
     */
    public static final String CHARGE = "io.headgate.charge";

    /**
     * The request attribute by which the application says that a request is not charged, whatever {@link ChargeOn} says: with the
     * value {@code true}. It does not win over {@link #CHARGE}, {@link ChargeOn#known}, nor over an error that was seen.
     */
    public static final String REFUND = "io.headgate.refund";

    /** Whether a settlement of this request has been made: what was said before the first one is not meant for any. */
    private static final String BEGUN = "io.headgate.settlement";

    /*
     * States, as bits of one number: what has been seen, and above it the status, which comes with COMMITTED.
     *   FAILED                  the charge stays. Terminal.
     *   COMMITTED and COMPLETED what was said of the request decides, else its response. Terminal.
     *   anything else           open.
     * The thread whose signal makes it terminal settles, once: bits are only ever added, and each signal only once, by
     * compare-and-set.
     */

    private static final int FAILED = 1;
    private static final int COMMITTED = 2;
    private static final int COMPLETED = 4;
    private static final int ALL = FAILED | COMMITTED | COMPLETED;
    private static final int STATUS_SHIFT = 3;

    private final Verdict verdict;
    private final HttpRequest request;
    private final HttpResponse response;
    private final RequestLimiter limits;
    /** When it began; null if nobody asks how long it took, or the clock failed. */
    private final @Nullable Long start;

    /** Whether the application has a say in it. */
    private final boolean listens;

    private final AtomicInteger seen = new AtomicInteger();

    Settlement(Verdict verdict, HttpRequest request, HttpResponse response, RequestLimiter limits) {
        this.verdict = verdict;
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.start = verdict.isTimed() ? now() : null;
        this.listens = verdict.dependsOnResponse() && forgetWhatWasSaid();
    }

    /** Removes what was said before there was anything to settle: answers whether what is said from now on can be trusted. */
    private boolean forgetWhatWasSaid() {
        try {
            if (request.attribute(BEGUN) == null) {
                request.attribute(CHARGE, null);
                request.attribute(REFUND, null);
                request.attribute(BEGUN, true);
            }
            return true;
        } catch (Throwable e) {
            limits.report(e);
            return false;
        }
    }

    private @Nullable Long now() {
        try {
            return limits.ticker().read();
        } catch (Throwable e) {
            limits.report(e);
            return null;
        }
    }

    /** An error was seen: an exception, a time-out, a cancellation, a client that is gone. Nothing is given back any more. */
    public void failed() {
        see(FAILED);
    }

    /**
     * The status has been chosen for good.
     *
     * @param status the status; the first one that is told counts
     */
    public void committed(int status) {
        see(COMMITTED | status << STATUS_SHIFT);
    }

    /** The request has come to its end without an error. */
    public void completed() {
        see(COMPLETED);
    }

    private void see(int signal) {
        int before = seen.get();
        while ((before & signal & ALL) == 0) {
            int witness = seen.compareAndExchange(before, before | signal);
            if (witness == before) {
                if (!isTerminal(before) && isTerminal(before | signal)) {
                    settle((signal & FAILED) == 0);
                }
                return;
            }
            before = witness;
        }
    }

    private void settle(boolean sound) {
        Boolean said = (sound && listens) ? said() : null;
        boolean refunded = false;
        for (Verdict each = verdict; each != null; each = each.before()) {
            refunded |= settle(each, sound, said);
        }
        if (refunded) {
            limits.countRefund();
        }
    }

    /** What the application has said: true if it charges the request, false if it does not, null if it leaves that open. */
    private @Nullable Boolean said() {
        try {
            boolean refund = String.valueOf(request.attribute(REFUND)).equalsIgnoreCase("true");
            return request.attribute(CHARGE) != null ? Boolean.TRUE : refund ? Boolean.FALSE : null;
        } catch (Throwable e) {
            limits.report(e);
            return Boolean.TRUE;
        }
    }

    /** As it was told; 0 if it was not. */
    private int status() {
        return seen.get() >> STATUS_SHIFT;
    }

    private static boolean isTerminal(int seen) {
        return (seen & FAILED) != 0 || (seen & (COMMITTED | COMPLETED)) == (COMMITTED | COMPLETED);
    }

    /** Gives back, or takes, what one charge took too much or too little: answers whether it gave something back. */
    private boolean settle(Verdict each, boolean sound, @Nullable Boolean said) {
        Charge<?> charge = each.charge();
        Decision answer = each.answer();
        try {
            return charge != null && answer != null && each.isTaken() && settle(charge, answer, sound, said);
        } catch (Throwable e) {
            limits.report(e);
            return false;
        }
    }

    private <K> boolean settle(Charge<K> charge, Decision answer, boolean sound, @Nullable Boolean said) {
        long taken = charge.permits();
        long due = due(charge, sound, said);
        if (due > taken) {
            charge.limiter().charge(charge.key(), due - taken);
        } else if (due < taken && sound) {
            charge.refund(answer, taken - due);
            return true;
        }
        return false;
    }

    /** How many permits the request takes in all. A function that fails leaves the charge as it is. */
    private long due(Charge<?> charge, boolean sound, @Nullable Boolean said) {
        try {
            ChargeOn chargeOn = charge.policy().chargeOn();
            if (sound && chargeOn != null) {
                Boolean known = Boolean.TRUE.equals(said) ? said : chargeOn.known(request);
                Boolean settled = known == null ? said : known;
                boolean charged = settled == null ? chargeOn.charges(request, response, status()) : settled;
                if (settled == null || charged) {
                    // A condition that was not asked is not to blame.
                    limits.watch(charge, charged);
                }
                if (!charged) {
                    return 0;
                }
            }
            CostAfter costAfter = charge.policy().costAfter();
            return costAfter == null || start == null ? charge.permits() : due(costAfter, start);
        } catch (Throwable e) {
            limits.report(e);
            return charge.permits();
        }
    }

    private long due(CostAfter costAfter, long start) {
        Duration took = Duration.ofNanos(Math.max(0, limits.ticker().read() - start));
        int known = status() == 0 ? response.status() : status();
        long permits = costAfter.permits(request, new CostAfter.Answer(known, response.bodyBytes(), took));
        if (permits < 0) {
            throw new IllegalArgumentException("the cost of a request must be at least 0");
        }
        return permits;
    }
}
