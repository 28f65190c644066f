package io.headgate.map;

import org.jspecify.annotations.Nullable;

/** What an operation wants to do to the value of a key: a pure function of the value seen. */
enum Change {
    /** Map the key to the new value, whatever was there. */
    ALWAYS,
    /** Map the key to the new value if it is absent. */
    IF_ABSENT,
    /** Replace the value there is, or delete it if the new value is null. */
    IF_PRESENT,
    /** The same if the value there is equals the one expected. */
    IF_EQUAL,
    /** The same if the value there is is the very object expected. */
    IF_SAME;

    /** The answer that says: leave the value as it is. */
    static final Object REFUSED = new Object();

    /** Whether the change applies to a key that is absent. */
    boolean inserts() {
        return this == ALWAYS || this == IF_ABSENT;
    }

    /**
     * The value to follow the one seen.
     *
     * @param seen the value of the key, null if it is absent
     * @param expected what {@link #IF_EQUAL} and {@link #IF_SAME} compare it with, else null
     * @param updated the new value; null to delete
     * @return {@code updated}, or {@link #REFUSED}
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
        return applies ? updated : REFUSED;
    }
}
