package io.headgate.map;

/** The kinds of keys that every promise of the map is tested with: a good, a poor and a constant hash code. */
enum Keys {
    SPREAD(true, -1),
    SPREAD_OPAQUE(false, -1),
    TRUNCATED(true, 3),
    TRUNCATED_OPAQUE(false, 3),
    CONSTANT(true, 0),
    CONSTANT_OPAQUE(false, 0);

    private final boolean comparable;
    private final int mask;

    Keys(boolean comparable, int mask) {
        this.comparable = comparable;
        this.mask = mask;
    }

    /** A key of this kind: equal if the number is, but never the same object twice. */
    Object key(int number) {
        int hash = number & mask;
        return comparable ? new Ordered(number, hash) : new Opaque(number, hash);
    }

    /** Tells the number a key was made from. */
    static int number(Object key) {
        return key instanceof Ordered ordered ? ordered.number : ((Opaque) key).number();
    }

    private record Opaque(int number, int hash) {
        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** A class and not a record, as a record's generated equals would hide what is compared. */
    private static final class Ordered implements Comparable<Ordered> {
        private final int number;
        private final int hash;

        Ordered(int number, int hash) {
            this.number = number;
            this.hash = hash;
        }

        @Override
        public int compareTo(Ordered other) {
            return Integer.compare(number, other.number);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Ordered ordered && ordered.number == number;
        }

        @Override
        public int hashCode() {
            return hash;
        }

        @Override
        public String toString() {
            return "key " + number;
        }
    }
}
