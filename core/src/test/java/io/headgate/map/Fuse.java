package io.headgate.map;

/** Lets the user's code that the map calls throw at the n-th call. For one thread. */
final class Fuse {

    /** What it throws. */
    static final class Blown extends RuntimeException {
        private static final long serialVersionUID = 1;

        Blown() {
            super("on purpose", null, false, false);
        }
    }

    /** Calls until it blows; zero or less if it will not. */
    private int left;

    /** Lets the n-th call from now on throw. */
    void set(int n) {
        left = n;
    }

    /** Takes it out; tells whether it has blown. */
    boolean remove() {
        boolean blown = left == 0;
        left = -1;
        return blown;
    }

    private void call() {
        if (--left == 0) {
            throw new Blown();
        }
        left = Math.max(-1, left);
    }

    /** The same key or value, with this fuse in its methods. */
    Object in(Object object) {
        return object instanceof Comparable<?> ? new Ordered(this, object) : new Fused(this, object);
    }

    /** The object that has this or another fuse. */
    static Object without(Object fused) {
        return ((Fused) fused).object;
    }

    private static class Fused {
        final Fuse fuse;
        final Object object;

        Fused(Fuse fuse, Object object) {
            this.fuse = fuse;
            this.object = object;
        }

        @Override
        public final boolean equals(Object other) {
            fuse.call();
            return other instanceof Fused fused && object.equals(fused.object);
        }

        @Override
        public final int hashCode() {
            fuse.call();
            return object.hashCode();
        }

        @Override
        public String toString() {
            return object.toString();
        }
    }

    private static final class Ordered extends Fused implements Comparable<Ordered> {
        Ordered(Fuse fuse, Object object) {
            super(fuse, object);
        }

        @Override
        @SuppressWarnings("unchecked")
        public int compareTo(Ordered other) {
            fuse.call();
            return ((Comparable<Object>) object).compareTo(other.object);
        }
    }
}
