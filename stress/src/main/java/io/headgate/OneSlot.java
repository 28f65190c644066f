package io.headgate;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/** An address table of one group, in which clients follow each other in one slot, on a clock that stands still. */
class OneSlot {

    static final ClientAddress A = ClientAddress.parse("192.0.2.1");
    static final ClientAddress B = ClientAddress.parse("2001:db8::1");

    private static final long SECOND = 1_000_000_000L;
    private static final NetworkWords NETWORKS = new NetworkWords(64);

    private final TokenBucket[] buckets;
    final AddressTable table;

    /** Under one limit of two permits. */
    OneSlot() {
        this(2, new Limit("two", 2, Duration.ofSeconds(2), 2));
    }

    OneSlot(int maxKeys, Limit... slowestFirst) {
        buckets = Arrays.stream(slowestFirst).map(TokenBucket::new).toArray(TokenBucket[]::new);
        table = new AddressTable(
                "one slot",
                NETWORKS,
                buckets,
                () -> 0,
                null,
                0,
                maxKeys,
                PartSizes.of(maxKeys, slowestFirst.length),
                new SplittableRandom(1));
    }

    /** What it answers is what {@link Accounts} does. */
    boolean take(ClientAddress client, long now) {
        int result = tryTake(client, now);
        if (result == Buckets.ABSENT) {
            throw new AssertionError("no room");
        }
        return result == Buckets.ADMITTED;
    }

    /** The same, where there may be no room. */
    int tryTake(ClientAddress client, long now) {
        for (boolean mayEvict = true; ; mayEvict = false) {
            int result = table.apply(client, Operation.TAKE, 1, now, null);
            if (result != Buckets.ABSENT || !table.insert(client, mayEvict, now)) {
                return result;
            }
        }
    }

    /** Forgets clients whose buckets are full. */
    int sweep(long now) {
        int count = 0;
        for (BucketStore.Pass pass = table.pass(); pass.hasNext(); ) {
            count += pass.evict(now, 256);
        }
        return count;
    }

    /** The permits that a client has left under the first limit, all if it is not tracked. */
    long left(ClientAddress client, long now) {
        return left(client, 0, now);
    }

    long left(ClientAddress client, int limit, long now) {
        long[] words = new long[buckets.length];
        boolean tracked = table.apply(client, Operation.LOOK, 1, now, words) != Buckets.ABSENT;
        return buckets[limit].available(tracked ? words[limit] : TokenBucket.NEW, now);
    }

    /** Takes one permit of a client, long enough ago that it has just been earned back. */
    long spentAndEarned(ClientAddress client) {
        take(client, 0);
        return SECOND;
    }
}
