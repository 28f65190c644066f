package io.headgate.http;

/** Which header fields tell clients how they stand. */
public enum HeaderStyle {
    /**
     * {@code RateLimit-Policy} and {@code RateLimit} of draft-ietf-httpapi-ratelimit-headers, revision 11, one item a limit.
     * Written {@code draft-11}, or {@code draft}.
     */
    DRAFT_11,
    /** {@code X-RateLimit-Limit}, {@code -Remaining} and {@code -Reset} (seconds from now), for the one limit that matters most. */
    LEGACY,
    /** None but {@code Retry-After} on a refusal. */
    NONE;

    /** The newest revision of the draft that is known here. */
    public static final HeaderStyle DRAFT = DRAFT_11;
}
