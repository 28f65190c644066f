package io.headgate.http;

/** Where a limiter of requests is in the way of a request. */
public enum Stage {
    /** As requests arrive, before anybody has been authenticated: everybody is limited, by address. */
    ARRIVAL,
    /**
     * Behind authentication, where principals are known, and behind a limiter at {@link #ARRIVAL}. So a request without a
     * principal is not limited here by a rule whose key is one; and where one with a principal is admitted, by its key or by a rule, what the
     * general limits took of its client at arrival is given back.
     */
    AUTHENTICATED
}
