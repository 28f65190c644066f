package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.LimitStatus;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Answers a request that does not reach the application. Thread-safe. */
final class Refusal {

    /*
     * Written straight into the response. sendError would dispatch the request once more through the filters, and an
     * error page of the application could replace the status or fail. The type is application/problem+json (RFC 9457),
     * which has no charset parameter.
     */

    private static final int TOO_MANY_REQUESTS = 429;
    private static final String UNAVAILABLE =
            "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}";

    private final @Nullable DeniedResponse onDenied;
    private final Failures failures;

    Refusal(@Nullable DeniedResponse onDenied, Failures failures) {
        this.onDenied = onDenied;
        this.failures = failures;
    }

    void write(HttpServletRequest request, HttpServletResponse response, Verdict verdict) throws IOException {
        if (response.isCommitted()) {
            // Somebody has answered already. The request still ends here.
            return;
        }
        Decision decision = verdict.decision();
        if (decision == null) {
            answer(response, HttpServletResponse.SC_SERVICE_UNAVAILABLE, UNAVAILABLE);
        } else if (!writeOwn(request, response, decision)) {
            answer(response, TOO_MANY_REQUESTS, body(decision));
        }
    }

    /** Lets the user's function answer; false if there is none, or it failed and the usual answer can be given. */
    private boolean writeOwn(HttpServletRequest request, HttpServletResponse response, Decision decision)
            throws IOException {
        if (onDenied == null) {
            return false;
        }
        begin(response, TOO_MANY_REQUESTS);
        try {
            onDenied.write(request, response, decision);
            return true;
        } catch (IOException clientIsGone) {
            throw clientIsGone;
        } catch (Throwable e) {
            failures.report(e);
            return response.isCommitted();
        }
    }

    private static void begin(HttpServletResponse response, int status) {
        // What an outer filter has buffered is not part of this answer, and would not fit its length.
        response.resetBuffer();
        response.setStatus(status);
        // RFC 6585, section 4: a 429 is not to be stored.
        response.setHeader("Cache-Control", "no-store");
    }

    private static void answer(HttpServletResponse response, int status, String body) throws IOException {
        begin(response, status);
        response.setContentType("application/problem+json");
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try {
            var out = response.getOutputStream();
            response.setContentLength(bytes.length);
            out.write(bytes);
        } catch (IllegalStateException writerIsTaken) {
            response.getWriter().write(body);
        }
    }

    private static String body(Decision decision) {
        StringBuilder json = new StringBuilder(192)
                .append("{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\",")
                .append("\"title\":\"Quota Exceeded\",\"status\":429");
        String separator = ",\"violated-policies\":[";
        for (LimitStatus status : decision.limits()) {
            if (status.violated()) {
                json.append(separator)
                        .append(RateLimitHeaders.quoted(status.limit().name()));
                separator = ",";
            }
        }
        return json.append(separator.equals(",") ? "]}" : "}").toString();
    }
}
