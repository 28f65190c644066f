package io.headgate;

/** A key whose hash code is chosen. */
record HashedKey(int id, int hash) implements Comparable<HashedKey> {

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof HashedKey that && id == that.id;
    }

    @Override
    public int compareTo(HashedKey other) {
        return Integer.compare(id, other.id);
    }
}
