package io.headgate;

/** How a charge ended. */
enum Outcome {
    ALLOWED(true, false),
    DENIED(false, false),
    /** The key has no buckets and there is no room for any, so the overflow rule has to decide. */
    NO_ROOM(false, true),
    OVERFLOW_ALLOWED(true, true),
    OVERFLOW_DENIED(false, true);

    final boolean allowed;
    final boolean overflow;

    Outcome(boolean allowed, boolean overflow) {
        this.allowed = allowed;
        this.overflow = overflow;
    }
}
