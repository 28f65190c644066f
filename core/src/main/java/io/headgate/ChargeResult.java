package io.headgate;

/** How a charge ended. */
enum ChargeResult {
    ALLOWED(true, false),
    DENIED(false, false),
    OVERFLOW_ALLOWED(true, true),
    OVERFLOW_DENIED(false, true);

    final boolean allowed;
    final boolean overflow;

    ChargeResult(boolean allowed, boolean overflow) {
        this.allowed = allowed;
        this.overflow = overflow;
    }
}
