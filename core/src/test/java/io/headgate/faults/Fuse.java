package io.headgate.faults;

/** Lets the user's code throw at the n-th call of it. For one thread. */
public final class Fuse {

    /** What it throws. */
    public static final class Blown extends RuntimeException {
        private static final long serialVersionUID = 1;

        Blown() {
            super("on purpose", null, false, false);
        }
    }

    /** Calls until it blows; zero or less if it will not. */
    private int left;

    private boolean blown;

    /** Lets the n-th call from now on throw. */
    public void set(int n) {
        left = n;
        blown = false;
    }

    /** Takes it out; tells whether it has blown. */
    public boolean remove() {
        left = 0;
        return blown;
    }

    /** A call of the user's code. */
    public void call() {
        if (left > 0 && --left == 0) {
            blown = true;
            throw new Blown();
        }
    }

    /** The same key or value, with this fuse in its methods. */
    public Object in(Object object) {
        return object instanceof Comparable<?> ? new Ordered(this, object) : new Fused(this, object);
    }

    /** The object that has this or another fuse. */
    public static Object without(Object fused) {
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
