package io.headgate.net;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A value for each of many address ranges, which may lie within each other. Of the ranges that contain an address the
 * one with the longest prefix tells its value. Immutable, so any thread may read it at any time.
 *
 * <pre>{@code
 * PrefixTable<String> plans = PrefixTable.<String>builder()
 *         .put(AddressRange.parse("10.0.0.0/8"), "office")
 *         .put(AddressRange.parse("10.9.0.0/16"), "guests")
 *         .build();
 * plans.get(ClientAddress.parse("10.9.1.1"));   // "guests"
 * plans.get(ClientAddress.parse("192.0.2.1"));  // null
 * }</pre>
 *
 * <p>It compares the whole address, as {@link AddressRange#contains} does: IPv4 and its IPv4-mapped form are one, and a
 * range of IPv6 addresses contains no IPv4 address.
 *
 * <p>A look-up makes no object. A range takes some 60 bytes, 200 at most.
 *
 * @param <V> what a range stands for
 */
public final class PrefixTable<V> {

    /*
     * Ranges either lie within each other or are apart, so they cut the 128-bit addresses into consecutive segments,
     * each of one winning range or of none. A segment is known by its first address. Segments that share the upper 64
     * bits of their first address are a block:
     *
     *   highs   upper half of a block, ascending; the first is 0, which is that of all IPv4 addresses
     *   starts  index of a block's first segment; after the last block the number of segments
     *   lows    lower half of a segment's first address, ascending within its block
     *   values  the winner's value, or null
     *
     * The first segment begins at address 0, so every address is in one. Halves are unsigned, and are stored with the
     * top bit flipped, so that they compare as signed numbers.
     */

    private static final AddressRange ALL_IPV4 = AddressRange.parse("0.0.0.0/0");

    private final long[] highs;
    private final int[] starts;
    private final long[] lows;
    private final RadixIndex blocks;
    private final RadixIndex ipv4;
    private final @Nullable Object[] values;
    private final int size;

    private PrefixTable(Segments segments, int size) {
        this.size = size;
        int count = segments.firsts.size();
        lows = new long[count];
        values = segments.values.toArray();
        long[] blockHighs = new long[count];
        int[] blockStarts = new int[count + 1];
        int blocks = 0;
        for (int i = 0; i < count; i++) {
            ClientAddress first = segments.firsts.get(i);
            lows[i] = flipped(first.lowBits());
            if (i == 0 || flipped(first.highBits()) != blockHighs[blocks - 1]) {
                blockHighs[blocks] = flipped(first.highBits());
                blockStarts[blocks++] = i;
            }
        }
        blockStarts[blocks] = count;
        highs = Arrays.copyOf(blockHighs, blocks);
        starts = Arrays.copyOf(blockStarts, blocks + 1);
        // The first block is far from the others, as is the first segment from those of IPv4: cells would be too wide.
        this.blocks = new RadixIndex(highs, 1, blocks);
        ipv4 = new RadixIndex(lows, segmentAt(ALL_IPV4.first()) + 1, segmentAt(ALL_IPV4.last()) + 1);
    }

    /** The segment of an IPv4 address, found without an index. */
    private int segmentAt(ClientAddress ipv4Address) {
        return RadixIndex.lastUpTo(lows, 0, starts[1], flipped(ipv4Address.lowBits()));
    }

    /**
     * A table to be filled.
     *
     * @param <V> what a range stands for
     * @return a builder without ranges
     */
    public static <V> Builder<V> builder() {
        return new Builder<>();
    }

    /**
     * A table in which all ranges stand for the same.
     *
     * @param <V> what they stand for
     * @param ranges the ranges, which may be repeated
     * @param value the value of each
     * @return the table
     */
    public static <V> PrefixTable<V> of(Collection<AddressRange> ranges, V value) {
        Builder<V> builder = new Builder<>();
        ranges.forEach(range -> builder.put(range, value));
        return builder.build();
    }

    /**
     * The value of the longest range that contains an address.
     *
     * @param address the address, all of whose bits count
     * @return a value equal to that of the range, or null if no range contains the address
     */
    @SuppressWarnings("unchecked") // only the values of a Builder<V> get here
    public @Nullable V get(ClientAddress address) {
        long low = flipped(address.lowBits());
        if (address.isIpv4()) {
            return (V) values[ipv4.lastUpTo(low)];
        }
        long high = flipped(address.highBits());
        int block = blocks.lastUpTo(high);
        int next = starts[block + 1];
        // Past the block's upper half, the block's last segment goes on. Before its first segment, the one before does.
        int segment = high == highs[block] ? RadixIndex.lastUpTo(lows, starts[block], next, low) : next - 1;
        return (V) values[segment];
    }

    private static long flipped(long half) {
        return half ^ Long.MIN_VALUE;
    }

    /**
     * How many ranges there are. Equal ranges count once.
     *
     * @return 0 or more
     */
    public int size() {
        return size;
    }

    /**
     * Collects ranges and their values. Not thread-safe.
     *
     * @param <V> what a range stands for
     */
    public static final class Builder<V> {

        private final Map<AddressRange, V> ranges = new HashMap<>();

        private Builder() {}

        /**
         * Adds a range. Adding it again with an equal value changes nothing.
         *
         * @param range the range
         * @param value its value
         * @return this builder
         * @throws IllegalArgumentException if the range was added with another value
         */
        public Builder<V> put(AddressRange range, V value) {
            V before = ranges.putIfAbsent(range, Objects.requireNonNull(value, "value"));
            if (before != null && !before.equals(value)) {
                throw new IllegalArgumentException(
                        range + " is both " + before + " and " + value + "; a range has one value");
            }
            return this;
        }

        /**
         * The table of the ranges added so far.
         *
         * @return a new table, which later calls do not change
         */
        public PrefixTable<V> build() {
            List<AddressRange> sorted = new ArrayList<>(ranges.keySet());
            boolean allIpv4 = ranges.containsKey(ALL_IPV4);
            if (!allIpv4) {
                sorted.add(ALL_IPV4); // without a value: it hides the IPv6 ranges that enclose it
            }
            sorted.sort(Comparator.comparing(AddressRange::first)
                    .thenComparing(AddressRange::last, Comparator.reverseOrder()));
            Segments segments = new Segments();
            segments.begin(ClientAddress.ofBits(0, 0), null);
            Deque<AddressRange> open = new ArrayDeque<>();
            for (AddressRange range : sorted) {
                closeBefore(range.first(), open, segments);
                segments.begin(range.first(), ranges.get(range));
                open.push(range);
            }
            closeBefore(null, open, segments);
            return new PrefixTable<>(segments, ranges.size());
        }

        /** Ends the ranges whose last address is before this one; null ends all. */
        private void closeBefore(@Nullable ClientAddress next, Deque<AddressRange> open, Segments segments) {
            for (AddressRange inner = open.peek();
                    inner != null && (next == null || inner.last().compareTo(next) < 0);
                    inner = open.peek()) {
                open.pop();
                AddressRange outer = open.peek();
                ClientAddress after = inner.last().next();
                if (after != null) {
                    segments.begin(after, outer == null ? null : ranges.get(outer));
                }
            }
        }
    }

    /** The segments found so far, in ascending order. */
    private static final class Segments {

        final List<ClientAddress> firsts = new ArrayList<>();
        final List<@Nullable Object> values = new ArrayList<>();

        /** Replaces a segment that would be empty, and goes on with one of an equal value. */
        void begin(ClientAddress first, @Nullable Object value) {
            int last = firsts.size() - 1;
            if (last >= 0 && firsts.get(last).equals(first)) {
                firsts.remove(last);
                values.remove(last--);
            }
            if (last < 0 || !Objects.equals(values.get(last), value)) {
                firsts.add(first);
                values.add(value);
            }
        }
    }
}
