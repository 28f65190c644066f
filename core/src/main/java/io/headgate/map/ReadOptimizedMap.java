package io.headgate.map;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Placeholder with the final signatures. */
public final class ReadOptimizedMap<K, V> {
    private final ConcurrentHashMap<K, V> map = new ConcurrentHashMap<>();

    public ReadOptimizedMap() {}

    public ReadOptimizedMap(long expectedSize) {}

    public @Nullable V load(K key) {
        return map.get(key);
    }

    public void store(K key, V value) {
        map.put(key, value);
    }

    public @Nullable V swap(K key, V value) {
        return map.put(key, value);
    }

    public V loadOrStore(K key, V value) {
        V old = map.putIfAbsent(key, value);
        return old == null ? value : old;
    }

    public @Nullable V loadAndDelete(K key) {
        return map.remove(key);
    }

    public boolean delete(K key) {
        return map.remove(key) != null;
    }

    public boolean compareAndSwap(K key, V expected, V updated) {
        return map.replace(key, expected, updated);
    }

    public boolean compareAndDelete(K key, V expected) {
        return map.remove(key, expected);
    }

    public void range(BiPredicate<? super K, ? super V> visitor) {
        for (Map.Entry<K, V> e : map.entrySet()) {
            if (!visitor.test(e.getKey(), e.getValue())) {
                return;
            }
        }
    }

    public void clear() {
        map.clear();
    }

    public long size() {
        return map.mappingCount();
    }

    public ConcurrentMap<K, V> asMap() {
        return map;
    }
}
