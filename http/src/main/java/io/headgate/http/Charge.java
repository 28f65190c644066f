package io.headgate.http;

import io.headgate.Decision;
import io.headgate.LimitStatus;
import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Permits to be asked for, and of whom.
 *
 * @param policy why
 * @param limiter who gives them
 * @param key whose they are
 * @param permits how many
 * @param next what else the request is charged, after this; null if nothing
 * @param <K> the type of the key
 */
record Charge<K>(
        Policy<K> policy,
        Limiter<K> limiter,
        K key,
        long permits,
        @Nullable Charge<?> next) implements Assessment {

    /** This charge, and another after it. Everybody's limits are charged once a request: with the last that is under them. */
    Charge<K> then(Charge<?> other) {
        return new Charge<>(policy, other.isUnderEverybody() ? withoutEverybody() : limiter, key, permits, other);
    }

    private boolean isUnderEverybody() {
        return withoutEverybody() != limiter || (next != null && next.isUnderEverybody());
    }

    private Limiter<K> withoutEverybody() {
        KeyedLimiter<K> keyed = policy.limiter();
        return keyed == null ? limiter : keyed.tiers().withoutEverybody(limiter);
    }

    /** The client that is charged, as its limiter tracks it; null if the key is no address. */
    @Nullable
    ClientAddress client() {
        return limiter.tracked(key) instanceof ClientAddress client ? Limiters.network(client) : null;
    }

    /** Whether the response has a say in how much is taken. */
    boolean isConditional() {
        return policy.chargeOn() != null || policy.costAfter() != null;
    }

    /** Those of its limits that are everybody's. */
    List<LimitStatus> ofEverybody(List<LimitStatus> limits) {
        KeyedLimiter<K> keyed = policy.limiter();
        return keyed == null
                ? List.of()
                : limits.stream()
                        .filter(status -> keyed.tiers().isOfEverybody(status.limit()))
                        .toList();
    }

    /** Gives back all that the decision took from the client and its networks, and leaves everybody charged. */
    void refundClient(Decision decision) {
        KeyedLimiter<K> keyed = policy.limiter();
        if (keyed == null || withoutEverybody() == limiter) {
            refund(decision, permits);
            return;
        }
        // Those of everybody are the last to be asked.
        List<Decision> parts = decision.parts();
        int clients = Math.max(0, parts.size() - keyed.tiers().everybody().size());
        parts.subList(0, clients).forEach(part -> part.refund(permits));
    }

    /** Gives back what the decision took; by the key if the limiter made its decision without a way back. */
    void refund(Decision decision, long given) {
        try {
            decision.refund(given);
        } catch (UnsupportedOperationException e) {
            limiter.refund(key, given);
        }
    }
}
