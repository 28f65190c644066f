package io.headgate;

import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * An address table of small parts, on a clock that stands still: the fourth client makes the first part grow, and as the
 * hashes of all {@link #client clients} begin with the same bits, it splits until no more bits tell parts.
 */
final class SmallParts extends TableUnderStress {

    /** Permits that a client has under the usual limit. */
    static final int CAPACITY = 100;

    static final long SECOND = 1_000_000_000L;
    private static final TokenBucket USUAL =
            new TokenBucket(new Limit("hundred", CAPACITY, Duration.ofSeconds(CAPACITY), CAPACITY));

    private static final long SEED = 1;
    private static final int DEEPEST = 4;
    /** The first bits of the clients' hashes: not all alike, so that a part with them is a lower one and an upper one. */
    private static final int PREFIX = 0b0110;

    private static final int MAX_CLIENTS = 64;
    private static final ClientAddress[] CLIENTS = find(8, PREFIX);
    private static final ClientAddress SIBLING = find(1, PREFIX + 1)[0];

    /** Under the usual limit. */
    SmallParts(int mostGroups) {
        this(mostGroups, USUAL);
    }

    SmallParts(int mostGroups, TokenBucket... slowestFirst) {
        super(
                new AddressTable(
                        "small parts",
                        NETWORKS,
                        slowestFirst,
                        () -> 0,
                        null,
                        0,
                        MAX_CLIENTS,
                        new PartSizes(DEEPEST, mostGroups),
                        new SplittableRandom(SEED)),
                slowestFirst);
    }

    private static ClientAddress[] find(int count, int prefix) {
        HomeHash homes = new HomeHash(DEEPEST, new SplittableRandom(SEED));
        ClientAddress[] found = new ClientAddress[count];
        int next = 0;
        for (int i = 0; next < count; i++) {
            ClientAddress client = ClientAddress.parse("10.0." + (i >> 8) + "." + (i & 0xFF));
            if (homes.of(NETWORKS.of(client)) >>> (Long.SIZE - DEEPEST) == prefix) {
                found[next++] = client;
            }
        }
        return found;
    }

    /** One of eight clients that are in one part, however often parts split. */
    static ClientAddress client(int number) {
        return CLIENTS[number];
    }

    /** One that is in another part than those as soon as parts are told by as many bits as can be. */
    static ClientAddress sibling() {
        return SIBLING;
    }

    /** Charges some clients, who are given buckets if they have none. */
    SmallParts charge(int from, int to, long now) {
        for (int i = from; i < to; i++) {
            charge(client(i), now);
        }
        return this;
    }

    void charge(ClientAddress client, long now) {
        if (call(client, Operation.CHARGE, now) == Buckets.ABSENT) {
            throw new AssertionError("no room");
        }
    }

    /** Fills the buckets of some clients. */
    SmallParts reset(int from, int to, long now) {
        for (int i = from; i < to; i++) {
            table.apply(client(i), Operation.RESET, 1, now, null);
        }
        return this;
    }
}
