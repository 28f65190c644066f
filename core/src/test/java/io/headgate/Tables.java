package io.headgate;

import io.headgate.net.ClientAddress;

/** Address tables that have much to move with few clients. */
final class Tables {

    private Tables() {}

    /** Tables of parts of so many groups at most, which split accordingly early. */
    static BucketStore.Factory<ClientAddress> ofSmallParts(int most) {
        return (limiter, buckets, ticker, shared, seed, maxKeys, random) -> new AddressTable(
                limiter,
                new NetworkWords(64),
                buckets,
                ticker,
                shared,
                seed,
                maxKeys,
                PartSizes.ofParts(maxKeys, most),
                random);
    }
}
