package io.headgate.http;

import java.util.Locale;

/** What became of a request when it was decided. */
enum RequestOutcome {
    ALLOWED,
    DENIED,
    DRY_RUN_DENIED,
    /** The limiter, the resolver or a user's function failed and the request passes. */
    FAILED_OPEN,
    /** The limiter, the resolver or a user's function failed and the request is denied. */
    FAILED_CLOSED,
    EXEMPT,
    UNCHARGED,
    UNADDRESSED;

    boolean passes() {
        return this != DENIED && this != FAILED_CLOSED;
    }

    /** Whether it passes because it may: not for a failure, nor since a denial is only counted. */
    boolean isRegular() {
        return this == ALLOWED || this == UNCHARGED;
    }

    /** How an access log shows a request for which no limiter decided. */
    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static RequestOutcome denied(boolean dryRun) {
        return dryRun ? DRY_RUN_DENIED : DENIED;
    }

    static RequestOutcome failed(OnFailure onFailure, boolean dryRun) {
        return onFailure == OnFailure.DENY && !dryRun ? FAILED_CLOSED : FAILED_OPEN;
    }
}
