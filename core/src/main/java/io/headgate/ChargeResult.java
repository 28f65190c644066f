package io.headgate;

/** How a charge ended, and whether the key's own buckets decided or the {@link Overflow} rule. */
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
