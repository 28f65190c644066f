package io.headgate.net;

/** The two halves of a mask whose first {@code prefix} of 128 bits are set. */
final class PrefixMask {

    private PrefixMask() {}

    /** Bits 0 to 63 of the mask; the prefix is 0 to 128. */
    static long high(int prefix) {
        // Java takes a shift modulo 64, so the shift by 64 that would leave nothing needs its own branch.
        return prefix == 0 ? 0 : prefix >= 64 ? -1 : -1L << (64 - prefix);
    }

    /** Bits 64 to 127 of the mask; the prefix is 0 to 128. */
    static long low(int prefix) {
        return prefix <= 64 ? 0 : -1L << (128 - prefix);
    }
}
