package io.headgate.servlet;

import java.util.Locale;

/** What became of a request at the dispatch that decided it. */
enum Outcome {
    ALLOWED,
    DENIED,
    DRY_RUN_DENIED,
    /** The limiter, the resolver or a user's function failed and the request passes. */
    FAILED_OPEN,
    /** The limiter, the resolver or a user's function failed and the request is refused. */
    FAILED_CLOSED,
    EXEMPT,
    UNCHARGED,
    UNADDRESSED;

    boolean passes() {
        return this != DENIED && this != FAILED_CLOSED;
    }

    /** How an access log shows a request for which no limiter decided. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
