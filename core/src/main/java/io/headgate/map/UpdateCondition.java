package io.headgate.map;

import org.jspecify.annotations.Nullable;

/** When an update of a key's value takes effect: a pure function of the value seen. */
enum UpdateCondition {
    /** Always. The key may be present or absent. */
    ALWAYS,
    /** If the key is absent. */
    IF_ABSENT,
    /** If the key is present. A new value of null deletes it, here and below. */
    IF_PRESENT,
    /** If the present value equals the expected one. */
    IF_EQUAL,
    /** If the present value is the very object expected. */
    IF_SAME;

    /** Returned by {@link #next} if the value stays as it is. */
    static final Object UNCHANGED = new Object();

    /** Whether the update takes effect for a key that is absent. */
    boolean inserts() {
        return this == ALWAYS || this == IF_ABSENT;
    }

    /**
     * Returns the value that replaces the one seen.
     *
     * @param seen the value of the key, null if it is absent
     * @param expected what {@link #IF_EQUAL} and {@link #IF_SAME} compare it with; null for the others
     * @param updated the new value; null to delete
     * @return {@code updated}, or {@link #UNCHANGED}
     */
    @Nullable
    Object next(@Nullable Object seen, @Nullable Object expected, @Nullable Object updated) {
        boolean applies = switch (this) {
            case ALWAYS -> true;
            case IF_ABSENT -> seen == null;
            case IF_PRESENT -> seen != null;
            case IF_EQUAL -> seen != null && expected != null && (expected == seen || expected.equals(seen));
            case IF_SAME -> seen != null && expected == seen;
        };
        return applies ? updated : UNCHANGED;
    }
}
