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
     * A synchronous request is known when the chain returns. An asynchronous one is known in the first onComplete: some
     * containers call it twice, and a second startAsync drops all listeners but tells them first. After onError or onTimeout
     * the application or the container may still choose the status, unless the response is committed: then the client has read
     * another one than the 500 that Tomcat writes over it.
     */

    private final HttpServletResponse response;
    private final Settlement settlement;

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
            return false;
        }
    }

    private void end() {
        settlement.committed(response.getStatus());
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
        failIfCommitted();
    }

    @Override
    public void onError(AsyncEvent event) {
        failIfCommitted();
    }

    private void failIfCommitted() {
        if (response.isCommitted()) {
            settlement.failed();
        }
    }
}
