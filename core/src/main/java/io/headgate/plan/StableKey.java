package io.headgate.plan;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A key as the caches hold it: the hash is asked for once, and an {@code equals} that throws finds nothing.
 *
 * <p>Why: Caffeine asks for the hash again when it evicts. Of a key that throws there it is never rid, nor of any other
 * from then on.
 */
final class StableKey<K> {

    final K key;
    private final int hash;

    /** Throws what {@code hashCode} does. */
    StableKey(K key) {
        this.key = Objects.requireNonNull(key, "key");
        this.hash = key.hashCode();
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        if (this == other) {
            return true;
        }
        try {
            return other instanceof StableKey<?> that && hash == that.hash && key.equals(that.key);
        } catch (RuntimeException | Error e) {
            return false;
        }
    }
}
