package io.headgate.http;

/**
 * How a request is refused.
 *
 * <pre>{@code
 * RequestLimiter.builder(limiter).refusal(RefusalStyle.PROBLEM);  // an API that no browser shows
 * }</pre>
 */
public enum RefusalStyle {
    /** A small page for who prefers {@code text/html}, as browsers do, and a problem as JSON for everybody else. */
    PAGE,
    /** A problem as JSON for everybody: RFC 9457. */
    PROBLEM,
    /**
     * The error page of the application, where the server has such: by {@code sendError} with a servlet container. It costs that page for
     * each refusal, and is a problem as JSON where there is no such thing.
     */
    ERROR_PAGE
}
