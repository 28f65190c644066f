package io.headgate;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.SplittableRandom;

/** An address table of one group, in which clients follow each other in one slot, on a clock that stands still. */
class OneSlot {

    static final ClientAddress A = ClientAddress.parse("192.0.2.1");
    static final ClientAddress B = ClientAddress.parse("2001:db8::1");

    private static final long SECOND = 1_000_000_000L;
    private static final TokenBucket BUCKET = new TokenBucket(new Limit("two", 2, Duration.ofSeconds(2), 2));
    private static final NetworkWords NETWORKS = new NetworkWords(64);

    final AddressTable table = new AddressTable(NETWORKS, new TokenBucket[] {BUCKET}, 2, new SplittableRandom(1));

    /** A bucket of two permits. What it answers is what {@link Accounts} does under one limit. */
    boolean take(ClientAddress client, long now) {
        for (; ; ) {
            long word = table.update(client, 0, TokenBucket::take, 1, now);
            if (word != TokenBucket.ABSENT) {
                return BUCKET.admits(word, 1, now);
            }
            if (!table.insert(client, null, now)) {
                throw new AssertionError("no room");
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

    /** The permits that a client has left, 2 if it is not tracked. */
    long left(ClientAddress client, long now) {
        return BUCKET.available(table.read(client, 0), now);
    }

    /** Takes one permit of a client, long enough ago that it has just been earned back. */
    long spentAndEarned(ClientAddress client) {
        take(client, 0);
        return SECOND;
    }
}
