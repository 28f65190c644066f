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
final class Bin extends Entry {

    /** Stands where an entry has its key; equal to no key. */
    private static final Object NO_KEY = new Object();

    private final Map<Object, Entry> byKey = new HashMap<>();

    /** The same entries, to be walked by index. */
    private final List<Entry> entries = new ArrayList<>();

    Bin(int hash) {
        super(NO_KEY, hash, null);
    }

    @Nullable
    Entry find(Object key) {
        return byKey.get(key);
    }

    void add(Entry entry) {
        byKey.put(entry.key, entry);
        entries.add(entry);
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
        for (Entry entry : entries) {
            empty &= entry.expungeDeleted();
        }
        return empty;
    }

    @Override
    int expungeAll() {
        int live = 0;
        for (Entry entry : entries) {
            live += entry.expungeAll();
        }
        return live;
    }

    @Override
    @Nullable
    Entry survivor() {
        Bin copy = new Bin(hash);
        for (Entry entry : entries) {
            if (entry.value() != EXPUNGED) {
                copy.add(entry);
            }
        }
        return copy.size() == 0 ? null : copy;
    }
}
