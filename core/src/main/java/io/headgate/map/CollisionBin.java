package io.headgate.map;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one hash that are too many to be probed one after the other: they take a single slot of a table.
 *
 * <p>A seeded hash spreads keys with different hash codes, but nothing spreads keys whose hash codes are equal. A
 * {@link HashMap} orders such keys in a tree if they are mutually {@link Comparable}, so that finding one among n costs
 * O(log n) comparisons.
 *
 * <p>Changed only while its table is private to the segment's lock, never once that table is published.
 */
final class CollisionBin extends Entry {

    /** Stands where an entry has its key; equal to no key. */
    private static final Object NO_KEY = new Object();

    /** All entries, to be walked by index. */
    private final List<Entry> entries = new ArrayList<>();

    /** The same by key. Null if an {@link #add} threw, since the interrupted map may have lost any of its keys. */
    private @Nullable Map<Object, Entry> byKey = new HashMap<>();

    CollisionBin(int hash) {
        super(NO_KEY, hash, null);
    }

    @Nullable
    Entry find(Object key) {
        if (byKey != null) {
            return byKey.get(key);
        }
        for (Entry entry : entries) {
            if (key.equals(entry.key)) {
                return entry;
            }
        }
        return null;
    }

    /** Adds the entry of a key that has none here. If it throws, the entries are unchanged. */
    void add(Entry entry) {
        Map<Object, Entry> index = byKey == null ? index() : byKey;
        byKey = null;
        index.put(entry.key, entry);
        entries.add(entry);
        byKey = index;
    }

    private Map<Object, Entry> index() {
        Map<Object, Entry> index = new HashMap<>();
        for (Entry entry : entries) {
            index.put(entry.key, entry);
        }
        return index;
    }

    Entry entry(int index) {
        return entries.get(index);
    }

    @Override
    int size() {
        return entries.size();
    }

    @Override
    boolean expungeDeleted() {
        boolean empty = true;
        for (int i = 0; i < entries.size(); i++) { // an iterator could find no memory halfway
            empty &= entries.get(i).expungeDeleted();
        }
        return empty;
    }

    @Override
    int expungeAll() {
        int live = 0;
        for (int i = 0; i < entries.size(); i++) {
            live += entries.get(i).expungeAll();
        }
        return live;
    }

    @Override
    @Nullable
    Entry survivor() {
        CollisionBin copy = new CollisionBin(hash);
        for (Entry entry : entries) {
            if (entry.value() != EXPUNGED) {
                copy.add(entry);
            }
        }
        return copy.size() == 0 ? null : copy;
    }
}
