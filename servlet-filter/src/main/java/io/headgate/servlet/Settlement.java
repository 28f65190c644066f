package io.headgate.servlet;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/** Gives the permits of one request back if its response says that it is not to be charged. Thread-safe. */
final class Settlement implements AsyncListener {

    /*
     * In doubt the charge stays. Settled once, by the first of:
     *
     *   the chain throws           the charge stays: the client may have read its answer and reset the connection
     *   onError                    the charge stays: Tomcat writes 500 over the status of a committed response
     *   onTimeout, committed       the charge stays, for the same reason
     *   onTimeout, not committed   nothing yet: the application or the container still answers; but a 500 keeps the
     *                              charge: it is the container's, which Tomcat may write over the status that a thread
     *                              of the application has committed meanwhile
     *   the chain returns          the status decides
     *   onComplete                 the status decides
     *
     * Containers call onComplete twice, before onError, or not at all. A second startAsync drops all listeners but tells
     * them first.
     */

    private final HttpServletResponse response;
    private final Verdict verdict;
    private final OnFailure onFailure;
    private final Counters counters;
    private final Failures failures;
    /** Won by the one caller that settles, by CAS. */
    private final AtomicBoolean settled = new AtomicBoolean();
    /** Set by the container's thread that tells of a timeout, read by the one that tells of the end. */
    private volatile boolean timedOut;

    Settlement(
            HttpServletResponse response, Verdict verdict, OnFailure onFailure, Counters counters, Failures failures) {
        this.response = response;
        this.verdict = verdict;
        this.onFailure = onFailure;
        this.counters = counters;
        this.failures = failures;
    }

    /** Runs the chain and settles when the response is known, which may be later and on another thread. */
    void run(FilterChain chain, HttpServletRequest request) throws IOException, ServletException {
        boolean returned = false;
        try {
            chain.doFilter(request, response);
            returned = true;
        } finally {
            if (!returned) {
                keep();
            } else if (!isContinued(request)) {
                settle();
            }
        }
    }

    private boolean isContinued(HttpServletRequest request) {
        if (!request.isAsyncStarted()) {
            return false;
        }
        try {
            request.getAsyncContext().addListener(this);
            return true;
        } catch (IllegalStateException endedMeanwhile) {
            // How, nobody tells any more.
            keep();
            return true;
        }
    }

    private void keep() {
        settled.set(true);
    }

    private void settle() {
        if (!settled.compareAndSet(false, true)) {
            return;
        }
        try {
            int status = response.getStatus();
            boolean inDoubt = timedOut && status == HttpServletResponse.SC_INTERNAL_SERVER_ERROR;
            if (!inDoubt && !charges(status) && verdict.refund()) {
                counters.refunded.increment();
            }
        } catch (Throwable e) {
            failures.report(e);
        }
    }

    private boolean charges(int status) {
        try {
            return verdict.charges(response, status);
        } catch (Throwable e) {
            failures.report(e);
            return onFailure == OnFailure.DENY;
        }
    }

    @Override
    public void onComplete(AsyncEvent event) {
        settle();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        timedOut = true;
        if (response.isCommitted()) {
            keep();
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        keep();
    }
}
