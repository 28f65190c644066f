package io.headgate.servlet;

import io.headgate.http.Settlement;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Runs the chain of a request and tells its settlement what came of it, perhaps later and on another thread. */
final class SettledChain implements AsyncListener {

    /*
     * In doubt the charge stays. What is told, by what is seen first:
     *
     *   the chain throws           failed: the client may have read its answer and reset the connection
     *   the chain returns          the status as it stands, and the end
     *   onError                    failed: Tomcat writes 500 over the status of a committed response
     *   onTimeout, committed       failed, for the same reason
     *   onTimeout, not committed   nothing yet: the application or the container still answers
     *   onComplete                 the status as it stands, and the end; after a timeout a 500 is the container's, which Tomcat
     *                              may write over what the application has committed meanwhile: failed
     *
     * Containers call onComplete twice, before onError, or not at all. A second startAsync drops all listeners but tells them
     * first.
     */

    private final HttpServletResponse response;
    private final Settlement settlement;
    /** Set by the container's thread that tells of a timeout, read by the one that tells of the end. */
    private volatile boolean timedOut;

    SettledChain(HttpServletResponse response, Settlement settlement) {
        this.response = response;
        this.settlement = settlement;
    }

    void run(FilterChain chain, HttpServletRequest request) throws IOException, ServletException {
        boolean returned = false;
        try {
            chain.doFilter(request, response);
            returned = true;
        } finally {
            if (!returned) {
                settlement.failed();
            } else if (!isContinued(request)) {
                end();
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
            settlement.failed();
            return true;
        }
    }

    private void end() {
        int status = response.getStatus();
        if (timedOut && status == HttpServletResponse.SC_INTERNAL_SERVER_ERROR) {
            settlement.failed();
        }
        settlement.committed(status);
        settlement.completed();
    }

    @Override
    public void onComplete(AsyncEvent event) {
        end();
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
        event.getAsyncContext().addListener(this);
    }

    @Override
    public void onTimeout(AsyncEvent event) {
        timedOut = true;
        if (response.isCommitted()) {
            settlement.failed();
        }
    }

    @Override
    public void onError(AsyncEvent event) {
        settlement.failed();
    }
}
