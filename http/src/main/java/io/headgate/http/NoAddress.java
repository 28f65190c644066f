package io.headgate.http;

/** What happens to a request whose client has no address that could be limited. */
public enum NoAddress {
    /** All such requests share one bucket. */
    SHARED,
    /** The request is denied, without a promise of when to come back. */
    DENY,
    /** The request passes and is not counted. */
    ALLOW
}
