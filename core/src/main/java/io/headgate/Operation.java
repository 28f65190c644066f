package io.headgate;

/** An operation on all buckets of a key at once. */
enum Operation {
    /** Takes permits from every bucket, or from none. */
    TAKE,
    /** Tells what TAKE would do. */
    LOOK,
    /** Takes permits whether they are there or not. */
    CHARGE,
    /** Raises what is owed to a given debt. */
    OWE,
    /** Gives permits back, whichever call has taken them. */
    REFUND,
    /** Gives back what one charge still owes. */
    GIVE_BACK,
    /** The same for a charge that the call itself takes back, since a later limit denied: less a unit. */
    UNDO,
    /** Fills the buckets. */
    RESET
}
