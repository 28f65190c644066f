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
 * <p><b>In doubt the charge stays.</b> Permits are given back only if the request was completed with a known status, and no
 * error was seen before. A client that resets its connection makes the application fail after it has read its 401.
 *
 * <p>Thread-safe.
 */
public final class Settlement {

    /*
     * States, as bits of one number: what has been seen, and above it the status, which comes with COMMITTED.
     *   FAILED                  the charge stays. Terminal.
     *   COMMITTED and COMPLETED the status decides. Terminal.
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

    private final AtomicInteger seen = new AtomicInteger();

    Settlement(Verdict verdict, HttpRequest request, HttpResponse response, RequestLimiter limits) {
        this.verdict = verdict;
        this.request = request;
        this.response = response;
        this.limits = limits;
        this.start = verdict.isTimed() ? now() : null;
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
        boolean refunded = false;
        for (Verdict each = verdict; each != null; each = each.before()) {
            refunded |= settle(each, sound);
        }
        if (refunded) {
            limits.countRefund();
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
    private boolean settle(Verdict each, boolean sound) {
        Charge<?> charge = each.charge();
        Decision answer = each.answer();
        try {
            return charge != null && answer != null && answer.allowed() && settle(charge, answer, sound);
        } catch (Throwable e) {
            limits.report(e);
            return false;
        }
    }

    private <K> boolean settle(Charge<K> charge, Decision answer, boolean sound) {
        long taken = charge.permits();
        long due = due(charge, sound);
        if (due > taken) {
            charge.limiter().charge(charge.key(), due - taken);
        } else if (due < taken && sound) {
            charge.refund(answer, taken - due);
            return true;
        }
        return false;
    }

    /** How many permits the request takes in all. A function that fails leaves the charge as it is. */
    private long due(Charge<?> charge, boolean sound) {
        try {
            ChargeOn chargeOn = charge.policy().chargeOn();
            if (sound && chargeOn != null && !chargeOn.charges(response, status())) {
                return 0;
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
