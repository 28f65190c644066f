package io.headgate.faults;

/** Called wherever a transformed class is about to allocate: lets memory run out at the n-th point. For one thread. */
public final class AllocationFaults {

    private static int left;
    private static int passed;

    private AllocationFaults() {}

    /** Lets the n-th point from now on fail; with zero none does. */
    public static void set(int n) {
        left = n;
        passed = 0;
    }

    /** Takes the fault out; tells how many points were passed, that one included. */
    public static int remove() {
        left = 0;
        return passed;
    }

    /** A point. */
    public static void point() {
        passed++;
        if (left > 0 && --left == 0) {
            throw new OutOfMemoryError("on purpose");
        }
    }
}
