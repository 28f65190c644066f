package io.headgate;

import io.headgate.net.ClientAddress;

/** What tests do with an address table. */
abstract class TableUnderStress {

    static final NetworkKeys NETWORKS = new NetworkKeys(64);

    private final TokenBucket[] buckets;
    final AddressTable table;

    TableUnderStress(AddressTable table, TokenBucket... buckets) {
        this.table = table;
        this.buckets = buckets;
    }

    /** What it answers is what {@link Charger} does. */
    final boolean take(ClientAddress client, long now) {
        int result = tryTake(client, now);
        if (result == Buckets.ABSENT) {
            throw new AssertionError("no room");
        }
        return result == Buckets.ADMITTED;
    }

    /** The same, where there may be no room. */
    final int tryTake(ClientAddress client, long now) {
        return call(client, Operation.TAKE, now);
    }

    /** Applies an operation to the buckets of a client, who is given them if there is room. */
    final int call(ClientAddress client, Operation operation, long now) {
        for (boolean mayEvict = true; ; mayEvict = false) {
            int result = table.apply(client, operation, 1, now, null);
            if (result != Buckets.ABSENT || !table.insert(client, mayEvict, now)) {
                return result;
            }
        }
    }

    /** Evicts clients whose buckets are full. */
    final int sweep(long now) {
        int count = 0;
        for (BucketStore.SweepCursor cursor = table.sweepCursor(); cursor.hasNext(); ) {
            count += cursor.evict(now, 256);
        }
        return count;
    }

    /** The permits that a client has left under the first limit, all if it is not tracked. */
    final long left(ClientAddress client, long now) {
        return left(client, 0, now);
    }

    final long left(ClientAddress client, int limit, long now) {
        return buckets[limit].available(state(client, limit, now), now);
    }

    /** Nanoseconds until the client's bucket is full. */
    final long owed(ClientAddress client, int limit, long now) {
        return buckets[limit].nanosUntilFull(state(client, limit, now), now);
    }

    private long state(ClientAddress client, int limit, long now) {
        long[] states = new long[buckets.length];
        boolean tracked = table.apply(client, Operation.LOOK, 1, now, states) != Buckets.ABSENT;
        return tracked ? states[limit] : TokenBucket.NEW;
    }
}
