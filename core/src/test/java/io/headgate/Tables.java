package io.headgate;

import io.headgate.net.ClientAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Address tables, such as have much to move with few clients. */
final class Tables {

    private Tables() {}

    /** A table of parts of two groups at most. */
    static LimiterBuilder<ClientAddress> builder(Limit first, Limit... more) {
        KeyKind<ClientAddress> usual = KeyKind.networks(32, 64, List.of());
        return new LimiterBuilder<>(
                32,
                64,
                translators -> new KeyKind<>(
                        usual.canonical(), usual.tracked(), ofSmallParts(2), usual.neighbours(), usual.families()),
                first,
                more);
    }

    /** A table as limiters have it, on a clock that stands at zero and without shared buckets. */
    static AddressTable usual(long maxKeys, RandomGenerator random, TokenBucket... buckets) {
        PartSizes sizes = PartSizes.of(maxKeys, buckets.length);
        return new AddressTable("test", new NetworkKeys(64), buckets, () -> 0, null, 0, maxKeys, sizes, random);
    }

    /** Tables of parts of so many groups at most, which split accordingly early. */
    static BucketStore.Factory<ClientAddress> ofSmallParts(int most) {
        return (limiter, buckets, ticker, shared, seed, maxKeys, random) ->
                new Moving(limiter, buckets, ticker, shared, seed, maxKeys, most, random);
    }

    /** Counts the calls that met a row that was moving or had moved. */
    static final class Moving extends AddressTable {

        final LongAdder followed = new LongAdder();
        /** How many of them took less than 2^i nanoseconds longer, and no less than half of that. */
        final AtomicLongArray nanos = new AtomicLongArray(Long.SIZE);

        Moving(
                String limiter,
                TokenBucket[] buckets,
                Ticker ticker,
                @Nullable SharedBuckets<ClientAddress> shared,
                long seed,
                long maxKeys,
                int most,
                RandomGenerator random) {
            super(limiter, new NetworkKeys(64), buckets, ticker, shared, seed, maxKeys, sizes(maxKeys, most), random);
        }

        /** So deep that no part is full before the table is: small ones differ much, and there are few for a few keys. */
        private static PartSizes sizes(long maxKeys, int most) {
            PartSizes sizes = PartSizes.ofParts(maxKeys, most);
            return new PartSizes(Math.max(sizes.deepest(), Math.min(17, sizes.deepest() + 6)), sizes.most());
        }

        @Override
        int follow(
                long[] moved,
                ClientAddress address,
                Operation operation,
                int done,
                long permits,
                long now,
                long @Nullable [] states) {
            followed.increment();
            long start = System.nanoTime();
            int result = super.follow(moved, address, operation, done, permits, now, states);
            nanos.incrementAndGet(Long.SIZE - Long.numberOfLeadingZeros(System.nanoTime() - start));
            return result;
        }

        /** So many of those calls took no longer than this, in microseconds, by powers of two. */
        double micros(double share) {
            long left = (long) (share * followed.sum());
            int power = 0;
            while (power < Long.SIZE - 1 && (left -= nanos.get(power)) > 0) {
                power++;
            }
            return Math.scalb(0.001, power);
        }
    }
}
