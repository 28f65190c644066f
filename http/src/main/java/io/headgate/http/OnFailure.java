package io.headgate.http;

/** What happens to a request when the limiter, the resolver or a function of yours fails. */
public enum OnFailure {
    /**
     * The request passes; the failure is counted, and logged at most once a minute. What another limiter took for the request
     * stays taken.
     */
    ALLOW,
    /** The request is answered with 503; the failure is counted, and logged at most once a minute. */
    DENY
}
