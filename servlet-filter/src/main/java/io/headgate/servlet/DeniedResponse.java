package io.headgate.servlet;

import io.headgate.Decision;
import io.headgate.http.Refusal;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Writes the answer to a denied request, in place of the usual one. Called by many threads at once; must not block. If
 * it fails before the response is committed, in whatever way, the usual answer is sent. What writes nothing sends an empty body.
 *
 * <pre>{@code
 * DeniedResponse page = (request, response, decision) -> {
 *     OptionalLong seconds = decision.retryAfterSeconds();
 *     response.setContentType("text/plain;charset=UTF-8");
 *     response.getWriter()
 *             .print(seconds.isPresent() ? "Try again in " + seconds.getAsLong() + " s." : "Too many requests.");
 * };
 * DeniedResponse mixed = (request, response, decision) ->
 *         (request.getServletPath().startsWith("/api/") ? DeniedResponse.problem() : page).write(request, response, decision);
 * }</pre>
 */
@FunctionalInterface
public interface DeniedResponse {

    /**
     * Writes status, content type and body, or just some of them.
     *
     * @param request the request
     * @param response the response; its status is 429 already, {@code Cache-Control} and, where waiting helps,
     *     {@code Retry-After} are set, and so are the rate-limit fields if the filter sends any
     * @param decision why it was denied; without any limit if the request had no address, or the limiter no room
     * @throws IOException if the client cannot be written to
     */
    void write(HttpServletRequest request, HttpServletResponse response, Decision decision) throws IOException;

    /**
     * The usual answer for machines: a problem as JSON, RFC 9457. For functions that answer some requests themselves.
     *
     * @return writes the problem
     */
    static DeniedResponse problem() {
        return (request, response, decision) -> RefusalWriter.write(response, Refusal.of(decision));
    }
}
