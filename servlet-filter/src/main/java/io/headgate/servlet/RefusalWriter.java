package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.http.Refusal;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Verdict;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers a request that does not reach the application. Thread-safe. */
final class RefusalWriter {

    /*
     * Written straight into the response. sendError would dispatch the request once more through the filters, and an error page
     * of the application could replace the status or fail.
     */

    private final @Nullable DeniedResponse onDenied;

    RefusalWriter(@Nullable DeniedResponse onDenied) {
        this.onDenied = onDenied;
    }

    void write(HttpServletRequest request, HttpServletResponse response, Verdict verdict, RequestLimiter limits)
            throws IOException {
        if (response.isCommitted()) {
            // Somebody has answered already. The request still ends here.
            return;
        }
        Refusal refusal = verdict.refusal();
        begin(response, refusal);
        Decision decision = verdict.decision().orElse(null);
        if (decision == null || !writeOwn(request, response, decision, limits)) {
            begin(response, refusal);
            write(response, refusal);
        }
    }

    /** Lets the user's function answer; false if there is none, or it failed and the usual answer can be given. */
    private boolean writeOwn(
            HttpServletRequest request, HttpServletResponse response, Decision decision, RequestLimiter limits)
            throws IOException {
        if (onDenied == null) {
            return false;
        }
        try {
            onDenied.write(request, response, decision);
            return true;
        } catch (IOException clientIsGone) {
            throw clientIsGone;
        } catch (Throwable e) {
            limits.report(e);
            return response.isCommitted();
        }
    }

    private static void begin(HttpServletResponse response, Refusal refusal) {
        // What an outer filter has buffered is not part of this answer, and would not fit its length.
        response.resetBuffer();
        response.setStatus(refusal.status());
        // RFC 6585, section 4: a 429 is not to be stored.
        response.setHeader("Cache-Control", "no-store");
    }

    private static void write(HttpServletResponse response, Refusal refusal) throws IOException {
        response.setContentType(Refusal.CONTENT_TYPE);
        byte[] bytes = refusal.body();
        try {
            var out = response.getOutputStream();
            response.setContentLength(bytes.length);
            out.write(bytes);
        } catch (IllegalStateException writerIsTaken) {
            response.getWriter().write(refusal.text());
        }
    }
}
