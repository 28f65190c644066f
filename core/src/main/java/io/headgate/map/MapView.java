package io.headgate.map;

import static java.util.Objects.requireNonNull;

import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The map as a {@link ConcurrentMap}. It has no state of its own. */
final class MapView<K, V> extends AbstractMap<K, V> implements ConcurrentMap<K, V> {

    /*
     * All methods that apply a function of the user use transform: the one loop that reads a value, calls the function
     * and replaces the very object that was read by the result.
     *
     * Order of this file: single keys, functions, bulk operations, the three collections.
     */

    /** After so many attempts the function itself is suspected of changing the value. */
    private static final int FEW = 3;

    private final ReadOptimizedMap<K, V> map;

    MapView(ReadOptimizedMap<K, V> map) {
        this.map = map;
    }

    @Override
    public @Nullable V get(Object key) {
        return map.value(map.loadObject(key));
    }

    @Override
    public boolean containsKey(Object key) {
        return map.loadObject(key) != null;
    }

    @Override
    public @Nullable V put(K key, V value) {
        return map.swap(key, value);
    }

    @Override
    public @Nullable V putIfAbsent(K key, V value) {
        return map.value(map.update(key, UpdateCondition.IF_ABSENT, null, requireNonNull(value, "value")));
    }

    @Override
    public @Nullable V remove(Object key) {
        return map.value(map.update(key, UpdateCondition.IF_PRESENT, null, null));
    }

    @Override
    public boolean remove(Object key, Object value) {
        return map.update(key, UpdateCondition.IF_EQUAL, requireNonNull(value, "value"), null) != null;
    }

    @Override
    public @Nullable V replace(K key, V value) {
        return map.value(map.update(key, UpdateCondition.IF_PRESENT, null, requireNonNull(value, "value")));
    }

    @Override
    public boolean replace(K key, V expected, V updated) {
        return map.compareAndSwap(key, expected, updated);
    }

    @Override
    public @Nullable V compute(K key, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
        requireNonNull(function, "function");
        return transform(key, map.load(key), function);
    }

    @Override
    public @Nullable V computeIfPresent(K key, BiFunction<? super K, ? super V, ? extends @Nullable V> function) {
        requireNonNull(function, "function");
        return transform(key, map.load(key), (same, seen) -> seen == null ? null : function.apply(same, seen));
    }

    @Override
    public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> function) {
        requireNonNull(function, "function");
        V seen = map.load(key);
        if (seen != null) {
            return seen;
        }
        V made = function.apply(key);
        return made == null ? null : map.loadOrStore(key, made);
    }

    @Override
    public @Nullable V merge(K key, V value, BiFunction<? super V, ? super V, ? extends @Nullable V> function) {
        requireNonNull(value, "value");
        requireNonNull(function, "function");
        return transform(key, map.load(key), (same, seen) -> seen == null ? value : function.apply(seen, value));
    }

    /** Replaces a value by the result of a function of it: the loop that all such operations share. */
    private @Nullable V transform(
            K key, @Nullable V seen, BiFunction<? super K, ? super @Nullable V, ? extends @Nullable V> function) {
        for (int attempt = 1; ; attempt++) {
            V next = attempt <= FEW ? function.apply(key, seen) : map.watched(key, seen, function);
            if (seen != null) {
                if (map.update(key, UpdateCondition.IF_SAME, seen, next) != null) {
                    return next;
                }
                seen = map.load(key);
            } else {
                V inTheWay = next == null ? null : map.value(map.update(key, UpdateCondition.IF_ABSENT, null, next));
                if (inTheWay == null) {
                    return next;
                }
                seen = inTheWay;
            }
        }
    }

    @Override
    public void replaceAll(BiFunction<? super K, ? super V, ? extends V> function) {
        requireNonNull(function, "function");
        map.range((key, value) -> {
            transform(
                    key,
                    value,
                    (same, seen) -> seen == null ? null : requireNonNull(function.apply(same, seen), "new value"));
            return true;
        });
    }

    @Override
    public void forEach(BiConsumer<? super K, ? super V> action) {
        requireNonNull(action, "action");
        map.range((key, value) -> {
            action.accept(key, value);
            return true;
        });
    }

    @Override
    public boolean containsValue(Object value) {
        requireNonNull(value, "value");
        Cursor cursor = map.cursor();
        while (cursor.next() != null) {
            if (value.equals(cursor.value())) {
                return true;
            }
        }
        return false;
    }

    @Override
    public int size() {
        return (int) Math.min(Integer.MAX_VALUE, map.size());
    }

    @Override
    public boolean isEmpty() {
        return map.size() == 0;
    }

    @Override
    public void clear() {
        map.clear();
    }

    @Override
    public Set<K> keySet() {
        return new Keys();
    }

    @Override
    public Collection<V> values() {
        return new Values();
    }

    @Override
    public Set<Entry<K, V>> entrySet() {
        return new Entries();
    }

    /** Removes the entries that match. Unlike an iterator, it removes one only with the value that matched. */
    private boolean removeMatching(Predicate<? super Map.Entry<K, V>> filter) {
        boolean[] removed = new boolean[1];
        map.range((key, value) -> {
            removed[0] |= filter.test(new MapEntry<>(map, key, value))
                    && map.update(key, UpdateCondition.IF_SAME, value, null) != null;
            return true;
        });
        return removed[0];
    }

    private static <T> Spliterator<T> spliterator(Collection<T> collection, int more) {
        return Spliterators.spliteratorUnknownSize(
                collection.iterator(), Spliterator.CONCURRENT | Spliterator.NONNULL | more);
    }

    private final class Keys extends AbstractSet<K> {
        @Override
        public Iterator<K> iterator() {
            return new MapIterator<>(map, MapEntry::getKey);
        }

        @Override
        public Spliterator<K> spliterator() {
            return MapView.spliterator(this, Spliterator.DISTINCT);
        }

        @Override
        public int size() {
            return MapView.this.size();
        }

        @Override
        public boolean contains(Object key) {
            return containsKey(key);
        }

        @Override
        public boolean remove(Object key) {
            return MapView.this.remove(key) != null;
        }

        @Override
        public boolean removeIf(Predicate<? super K> filter) {
            requireNonNull(filter, "filter");
            return removeMatching(entry -> filter.test(entry.getKey()));
        }

        @Override
        public void clear() {
            map.clear();
        }
    }

    private final class Values extends AbstractCollection<V> {
        @Override
        public Iterator<V> iterator() {
            return new MapIterator<>(map, MapEntry::getValue);
        }

        @Override
        public Spliterator<V> spliterator() {
            return MapView.spliterator(this, 0);
        }

        @Override
        public int size() {
            return MapView.this.size();
        }

        @Override
        public boolean contains(Object value) {
            return containsValue(value);
        }

        @Override
        public boolean remove(Object value) {
            requireNonNull(value, "value");
            Cursor cursor = map.cursor();
            for (var entry = cursor.next(); entry != null; entry = cursor.next()) {
                if (value.equals(cursor.value()) && MapView.this.remove(entry.key, value)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean removeIf(Predicate<? super V> filter) {
            requireNonNull(filter, "filter");
            return removeMatching(entry -> filter.test(entry.getValue()));
        }

        @Override
        public void clear() {
            map.clear();
        }
    }

    private final class Entries extends AbstractSet<Map.Entry<K, V>> {
        @Override
        public Iterator<Map.Entry<K, V>> iterator() {
            return new MapIterator<>(map, entry -> entry);
        }

        @Override
        public Spliterator<Map.Entry<K, V>> spliterator() {
            return MapView.spliterator(this, Spliterator.DISTINCT);
        }

        @Override
        public int size() {
            return MapView.this.size();
        }

        @Override
        public boolean contains(Object other) {
            return other instanceof Map.Entry<?, ?> entry
                    && entry.getKey() != null
                    && entry.getValue() != null
                    && entry.getValue().equals(get(entry.getKey()));
        }

        @Override
        public boolean remove(Object other) {
            return other instanceof Map.Entry<?, ?> entry
                    && entry.getKey() != null
                    && entry.getValue() != null
                    && MapView.this.remove(entry.getKey(), entry.getValue());
        }

        @Override
        public boolean removeIf(Predicate<? super Map.Entry<K, V>> filter) {
            requireNonNull(filter, "filter");
            return removeMatching(filter);
        }

        @Override
        public void clear() {
            map.clear();
        }
    }
}
