package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.http.Refusal;
import io.headgate.http.RefusalStyle;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Verdict;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.Charset;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Answers a request that does not reach the application. Thread-safe. */
final class RefusalWriter {

    /*
     * Written straight into the response, unless the application's error page is asked for. sendError dispatches the request once
     * more through the filters, and an error page of the application could replace the status or fail.
     */

    private static final String RETRY_AFTER = "Retry-After";

    private final @Nullable DeniedResponse onDenied;
    /** Adds header fields of the application's own. */
    private final @Nullable BiConsumer<HttpServletRequest, HttpServletResponse> fields;

    RefusalWriter(
            @Nullable DeniedResponse onDenied, @Nullable BiConsumer<HttpServletRequest, HttpServletResponse> fields) {
        this.onDenied = onDenied;
        this.fields = fields;
    }

    void write(
            HttpServletRequest request,
            HttpServletResponse response,
            Verdict verdict,
            Refusal refusal,
            RequestLimiter limits)
            throws IOException {
        if (response.isCommitted()) {
            // Somebody has answered already. The request still ends here.
            return;
        }
        begin(response, refusal);
        addFields(request, response, limits);
        String wait = response.getHeader(RETRY_AFTER);
        Decision decision = verdict.decision().orElse(null);
        if (decision != null && writeOwn(request, response, decision, limits)) {
            return;
        }
        begin(response, refusal);
        if (wait != null && !wait.equals(response.getHeader(RETRY_AFTER))) {
            response.setHeader(RETRY_AFTER, wait);
        }
        if (limits.refusalStyle() == RefusalStyle.ERROR_PAGE) {
            response.sendError(refusal.status());
        } else {
            write(response, refusal);
        }
    }

    private void addFields(HttpServletRequest request, HttpServletResponse response, RequestLimiter limits) {
        if (fields != null) {
            try {
                fields.accept(request, response);
            } catch (Throwable e) {
                limits.report(e);
            }
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
        } catch (Throwable e) {
            if (e instanceof IOException clientIsGone && response.isCommitted()) {
                throw clientIsGone;
            }
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

    static void write(HttpServletResponse response, Refusal refusal) throws IOException {
        refusal.fields().forEach((name, value) -> {
            if (name.equals("Vary")) {
                response.addHeader(name, value);
            } else {
                response.setHeader(name, value);
            }
        });
        response.setContentType(refusal.contentType());
        byte[] bytes = refusal.body();
        try {
            var out = response.getOutputStream();
            response.setContentLength(bytes.length);
            out.write(bytes);
        } catch (IllegalStateException writerIsTaken) {
            // In the charset of who took it, whatever length they had announced.
            String text = refusal.text();
            response.setContentLength(text.getBytes(Charset.forName(response.getCharacterEncoding())).length);
            response.getWriter().write(text);
        }
    }
}
