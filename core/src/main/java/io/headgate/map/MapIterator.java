package io.headgate.map;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A weakly consistent iterator over the mappings, each shown as a key, a value or an entry. For one thread. */
final class MapIterator<K, V, T> implements Iterator<T> {

    private final ReadOptimizedMap<K, V> map;
    private final Function<MapEntry<K, V>, T> shown;
    private final Cursor cursor;

    /** Found by {@link #hasNext}; {@link #next} returns it. */
    private @Nullable MapEntry<K, V> ahead;

    /** Returned by {@link #next}; {@link #remove} deletes it. */
    private @Nullable MapEntry<K, V> given;

    MapIterator(ReadOptimizedMap<K, V> map, Function<MapEntry<K, V>, T> shown) {
        this.map = map;
        this.shown = shown;
        this.cursor = map.cursor();
    }

    @Override
    public boolean hasNext() {
        if (ahead == null) {
            Entry entry = cursor.next();
            if (entry != null) {
                ahead = new MapEntry<>(map, map.key(entry), map.visited(cursor));
            }
        }
        return ahead != null;
    }

    @Override
    public T next() {
        if (!hasNext() || ahead == null) {
            throw new NoSuchElementException();
        }
        given = ahead;
        ahead = null;
        return shown.apply(given);
    }

    /** Deletes the key last returned, whatever its value is now. */
    @Override
    public void remove() {
        if (given == null) {
            throw new IllegalStateException("next() has not been called, or remove() already was");
        }
        map.delete(given.getKey());
        given = null;
    }
}
