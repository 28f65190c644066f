package io.headgate.map;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/** A mapping as an iterator met it. Setting its value also stores it in the map. For one thread. */
final class MapEntry<K, V> implements Map.Entry<K, V> {

    private final ReadOptimizedMap<K, V> map;
    private final K key;
    private V value;

    MapEntry(ReadOptimizedMap<K, V> map, K key, V value) {
        this.map = map;
        this.key = key;
        this.value = value;
    }

    @Override
    public K getKey() {
        return key;
    }

    @Override
    public V getValue() {
        return value;
    }

    /** Stores the value, even if the key was changed or deleted since. Returns the value that this entry had. */
    @Override
    public V setValue(V updated) {
        map.store(key, requireNonNull(updated, "value"));
        V previous = value;
        value = updated;
        return previous;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Map.Entry<?, ?> entry && key.equals(entry.getKey()) && value.equals(entry.getValue());
    }

    @Override
    public int hashCode() {
        return key.hashCode() ^ value.hashCode();
    }

    @Override
    public String toString() {
        return key + "=" + value;
    }
}
