package io.headgate;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.SplittableRandom;

/** An address table of one group, in which clients follow each other in one slot, on a clock that stands still. */
final class OneSlot extends TableUnderStress {

    static final ClientAddress A = ClientAddress.parse("192.0.2.1");
    static final ClientAddress B = ClientAddress.parse("2001:db8::1");

    private static final long SECOND = 1_000_000_000L;

    /** Under one limit of two permits. */
    OneSlot() {
        this(2, new Limit("two", 2, Duration.ofSeconds(2), 2));
    }

    OneSlot(int maxKeys, Limit... slowestFirst) {
        this(maxKeys, Arrays.stream(slowestFirst).map(TokenBucket::new).toArray(TokenBucket[]::new));
    }

    private OneSlot(int maxKeys, TokenBucket[] buckets) {
        super(
                new AddressTable(
                        "one slot",
                        NETWORKS,
                        buckets,
                        () -> 0,
                        null,
                        0,
                        maxKeys,
                        PartSizes.of(maxKeys, buckets.length),
                        new SplittableRandom(1)),
                buckets);
    }

    /** Takes one permit of a client, long enough ago that it has just been earned back. */
    long spentAndEarned(ClientAddress client) {
        take(client, 0);
        return SECOND;
    }
}
