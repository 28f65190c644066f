package io.headgate.http;

/**
 * Which header fields tell clients how they stand. After the first request under {@code 10/second burst 20}:
 *
 * <pre>{@code
 * RequestLimiter.builder(limiter).headers(HeaderStyle.DRAFT);
 * // RateLimit-Policy: "10-per-1s";q=20;w=2    20 at once, all of them back after 2 seconds
 * // RateLimit: "10-per-1s";r=19;t=2           19 left, as many as come in two seconds
 * RequestLimiter.builder(limiter).headers(HeaderStyle.LEGACY);
 * // X-RateLimit-Limit: 20
 * // X-RateLimit-Remaining: 19
 * // X-RateLimit-Reset: 1
 * }</pre>
 */
public enum HeaderStyle {
    /**
     * {@code RateLimit-Policy} and {@code RateLimit} of draft-ietf-httpapi-ratelimit-headers, revision 11, one item a limit.
     * Written {@code draft-11}, or {@code draft}.
     */
    DRAFT_11,
    /** {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} (seconds from now), for the one limit that matters most. */
    LEGACY,
    /** As {@link #LEGACY}, but {@code X-RateLimit-Reset} is the Unix time at which the bucket is full. Written {@code legacy-unix}. */
    LEGACY_UNIX,
    /** None but {@code Retry-After} on a refusal. */
    NONE;

    /** The newest revision of the draft that is known here. */
    public static final HeaderStyle DRAFT = DRAFT_11;
}
