package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.metrics.HeavyHitters;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A builder finds the type of the keys out, in each way in which a user may write it. That this compiles is the test. */
class TypeWitnessTest {

    private static final Limit LIMIT = Limit.perMinute(1);

    private final List<Object> denied = new ArrayList<>();

    private static <K> void admitsOne(Limiter<K> limiter, K key) {
        try (limiter) {
            assertThat(limiter.tryAcquire(key)).isTrue();
            assertThat(limiter.tryAcquire(key)).isFalse();
        }
    }

    private static Limiter<String> returned() {
        return Limiter.builder(LIMIT).maxKeys(10).build();
    }

    @Test
    void isFoundFromTheVariable() {
        Limiter<String> limiter = Limiter.builder(LIMIT).build();
        admitsOne(limiter, "a");
        LocalLimiter<Integer> local = Limiter.builder(LIMIT, LIMIT.named("other"))
                .name("login")
                .ticker(new FakeTicker())
                .overflow(Overflow.DENY)
                .sweepInterval(Duration.ZERO)
                .build();
        admitsOne(local, 7);
        admitsOne(returned(), "a");
        admitsOne(Limiter.builder(LIMIT).maxKeys(10).build(), "a");
        LimiterBuilder<String> builder = Limiter.builder(LIMIT);
        Limiter<String> fromIt = builder.build();
        admitsOne(fromIt, "a");
    }

    @Test
    void isFoundFromAWitness() {
        Limiter<String> limiter = Limiter.<String>builder(LIMIT).maxKeys(10).build();
        admitsOne(limiter, "a");
        var inferred = Limiter.<String>builder(LIMIT).maxKeys(10).build();
        admitsOne(inferred, "a");
        assertThat(Limiter.<String>builder(LIMIT).build().tryAcquire("a")).isTrue();
    }

    @Test
    void isFoundFromTheListener() {
        Consumer<String> listener = denied::add;
        Limiter<String> first = Limiter.builder(LIMIT).onDenied(listener).build();
        admitsOne(first, "a");
        Limiter<String> second = Limiter.builder(LIMIT)
                .onDenied((String key) -> denied.add(key.length()))
                .maxKeys(3)
                .build();
        admitsOne(second, "bb");
        Consumer<Object> ofAnything = denied::add;
        Limiter<String> third = Limiter.builder(LIMIT).onDenied(ofAnything).build();
        admitsOne(third, "c");
        Limiter<String> fourth =
                Limiter.<String>builder(LIMIT).onDenied(denied::add).build();
        admitsOne(fourth, "d");
        Limiter<String> fifth = Limiter.<String>builder(LIMIT)
                .onDenied(key -> denied.add(key.length()))
                .build();
        admitsOne(fifth, "eeeee");
        HeavyHitters<String> hitters = new HeavyHitters<>(1);
        Limiter<String> sixth =
                Limiter.builder(LIMIT).onDenied(hitters::add).name("sixth").build();
        admitsOne(sixth, "f");
        assertThat(denied).containsExactly("a", 2, "c", "d", 5);
        assertThat(hitters.top(1)).containsExactly(new HeavyHitters.Hit<>("f", 1, 0));
    }

    @Test
    void isKnownOfAddresses() {
        ClientAddress address = ClientAddress.parse("192.0.2.1");
        Limiter<ClientAddress> limiter = Limiter.forAddresses(LIMIT)
                .onDenied(key -> denied.add(key.isIpv4()))
                .build();
        admitsOne(limiter, address);
        var inferred = Limiter.forNetworks(48, LIMIT).onDenied(denied::add).build();
        admitsOne(inferred, address);
        assertThat(denied).containsExactly(true, address);
    }
}
