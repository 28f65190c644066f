package io.headgate.servlet;

/** Which header fields tell clients how they stand. */
public enum Headers {
    /** {@code RateLimit-Policy} and {@code RateLimit} of draft-ietf-httpapi-ratelimit-headers, one item a limit. */
    DRAFT,
    /** {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} (seconds from now), for the one limit that matters most. */
    LEGACY,
    /** None but {@code Retry-After} on a refusal. */
    NONE
}
