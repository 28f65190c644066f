package io.headgate.http;

import io.headgate.Decision;
import io.headgate.LimitStatus;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a request that does not reach the application. An adapter writes it as it is, with
 * {@code Cache-Control: no-store}, beside the fields of {@link RequestLimiter#addFields}. It may leave the request's body unread, or
 * drain it without blocking.
 *
 * <p>Immutable. The body is a problem of RFC 9457, whose type has no charset parameter, or a page.
 */
public final class Refusal {

    /** The content type of a problem. */
    public static final String CONTENT_TYPE = "application/problem+json";

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVICE_UNAVAILABLE = 503;

    private static final Refusal UNAVAILABLE = new Refusal(
            SERVICE_UNAVAILABLE,
            CONTENT_TYPE,
            "{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}",
            Map.of());

    private final int status;
    private final String contentType;
    private final String body;
    private final Map<String, String> fields;

    Refusal(int status, String contentType, String body, Map<String, String> fields) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
        this.fields = Collections.unmodifiableMap(fields);
    }

    /** By what the limiter decided, null if it could not; with every limit that applies. */
    static Refusal of(@Nullable Decision decision, List<LimitStatus> limits) {
        return decision == null ? UNAVAILABLE : new Refusal(TOO_MANY_REQUESTS, CONTENT_TYPE, problem(limits), Map.of());
    }

    /**
     * The status.
     *
     * @return 429, or 503 if limiting failed and {@link OnFailure#DENY} holds
     */
    public int status() {
        return status;
    }

    /**
     * The usual answer to a decision that denies, as a problem: for who answers denied requests with a function of their own.
     *
     * @param decision why it is denied
     * @return the answer
     */
    public static Refusal of(Decision decision) {
        return of(decision, decision.limits());
    }

    Refusal with(Map<String, String> fields) {
        return new Refusal(status, contentType, body, fields);
    }

    /**
     * The content type of the body.
     *
     * @return {@link #CONTENT_TYPE}, or that of a page
     */
    public String contentType() {
        return contentType;
    }

    /**
     * Further fields that belong to this answer.
     *
     * @return by name; {@code Vary} is to be added to what is there, all others to be set
     */
    public Map<String, String> fields() {
        return fields;
    }

    /**
     * The body, as text.
     *
     * @return one line of JSON, or a page
     */
    public String text() {
        return body;
    }

    /**
     * The body.
     *
     * @return a new array, in UTF-8
     */
    public byte[] body() {
        return body.getBytes(StandardCharsets.UTF_8);
    }

    private static String problem(List<LimitStatus> limits) {
        StringBuilder json = new StringBuilder(192)
                .append("{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\",")
                .append("\"title\":\"Quota Exceeded\",\"status\":429");
        String separator = ",\"violated-policies\":[";
        for (LimitStatus status : limits) {
            if (status.violated()) {
                json.append(separator)
                        .append(RateLimitFields.quoted(status.limit().name()));
                separator = ",";
            }
        }
        return json.append(separator.equals(",") ? "]}" : "}").toString();
    }
}
