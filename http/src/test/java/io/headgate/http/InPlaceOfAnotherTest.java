package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.LocalLimiter;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.SweeperThreads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A limiter of requests that takes the place of another, and what becomes of the limiters that were made for either. */
class InPlaceOfAnotherTest {

    private final SweeperThreads sweepers = new SweeperThreads();
    private final LimiterRegistry registry = new LimiterRegistry();

    private static RequestLimiter.Builder daily() {
        return RequestLimiter.builder().limits(Limit.perDay(1)).name("f");
    }

    private static Limiter<?> first(RequestLimiter limits) {
        return limits.limiters().get(0).limiter();
    }

    /** Whether limiters can still be made in it. */
    private static boolean isOpen(LimiterRegistry registry) {
        try {
            registry.obtain(String.class, Limiter.builder(Limit.perDay(1)).name("other"));
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Test
    void theCountsGoOn() {
        LocalLimiter<ClientAddress> limiter = Buckets.of("2/minute");
        RequestLimiter before = RequestLimiter.builder(limiter).name("f").build();
        Served.by(before, new FakeRequest());
        RequestLimiter after = RequestLimiter.builder(limiter)
                .exempt(AddressRange.parse("::/0"))
                .buildInPlaceOf(before);
        Served.by(after, new FakeRequest());
        assertThat(Served.by(after, new FakeRequest()).status()).isEqualTo(429);
        assertThat(after.name()).isEqualTo("f");
        assertThat(after.attribute()).isEqualTo(before.attribute());
        assertThat(after.stats())
                .isEqualTo(before.stats())
                .isEqualTo(new FilterStats(Map.of(RequestOutcome.ALLOWED, 2L, RequestOutcome.DENIED, 1L), 0, 0));
    }

    @Test
    void whatWasTakenStaysTaken() {
        RequestLimiter before = daily().build();
        assertThat(Served.by(before, new FakeRequest()).status()).isEqualTo(200);
        RequestLimiter after = daily().dryRun(true).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(first(after)).isSameAs(first(before));
        Served.by(after, new FakeRequest());
        assertThat(after.stats().dryRunDenied()).isEqualTo(1);
        after.close();
    }

    @Test
    void whatOnlyTheFormerOneHadIsClosed() {
        RequestLimiter before = daily().registry(registry)
                .rule(Rule.parse("a: /a 1/day"), Rule.parse("b: /b 1/day"))
                .build();
        RequestLimiter after = daily().rule(Rule.parse("b: /b 1/day")).buildInPlaceOf(before);
        assertThat(registry.limiters()).containsOnlyKeys("f", "a", "b");
        before.giveWayTo(after);
        assertThat(registry.limiters()).containsOnlyKeys("f", "b");
        registry.close();
    }

    /** As where a framework made the former one, and the next is made by hand. */
    @Test
    void theRegistryIsThatOfTheFormerOne() {
        RequestLimiter before = RequestLimiter.builder()
                .limits(Limit.perDay(1))
                .registry(registry)
                .limiterName("general")
                .build();
        RequestLimiter after = RequestLimiter.builder().limits(Limit.perDay(1)).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(first(after))
                .isSameAs(first(before))
                .isSameAs(registry.get("general").orElseThrow());
        after.close();
        assertThat(isOpen(registry)).isTrue();
        registry.close();
    }

    @Test
    void aRegistryThatWasHandedInIsNotClosed() {
        daily().registry(registry).build().close();
        assertThat(isOpen(registry)).isTrue();
        registry.close();
    }

    @Test
    void oneOfItsOwnIsClosedWithIt() throws Exception {
        RequestLimiter before = daily().build();
        List<Thread> begun = sweepers.begun();
        assertThat(begun).hasSize(1);
        RequestLimiter after = daily().buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(sweepers.begun()).isEqualTo(begun);
        after.close();
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
    }

    @Test
    void itIsClosedAlsoIfTheNextOneHasAnother() throws Exception {
        RequestLimiter before = daily().build();
        List<Thread> begun = sweepers.begun();
        RequestLimiter after =
                daily().registry(registry).sweepInterval(Duration.ZERO).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
        after.close();
        assertThat(isOpen(registry)).isTrue();
        registry.close();
    }

    /** As where a filter ends and starts again after its configuration was replaced by hand. */
    @Test
    void whatIsMadeInPlaceOfAClosedOneFindsWhatThatLeftInARegistry() {
        RequestLimiter first =
                daily().registry(registry).sweepInterval(Duration.ZERO).build();
        RequestLimiter before = daily().sweepInterval(Duration.ZERO).buildInPlaceOf(first);
        first.giveWayTo(before);
        assertThat(Served.by(before, new FakeRequest()).status()).isEqualTo(200);
        before.close();
        RequestLimiter after = daily().sweepInterval(Duration.ZERO).buildInPlaceOf(before);
        assertThat(registry.limiters()).containsValue(first(after));
        assertThat(Served.by(after, new FakeRequest()).status()).isEqualTo(429);
        after.close();
        assertThat(isOpen(registry)).isTrue();
        registry.close();
    }

    @Test
    void whatIsLeftInAnotherRegistryIsClosedUnlessOthersHaveIt() {
        RequestLimiter other = RequestLimiter.builder()
                .registry(registry)
                .rule(Rule.parse("a: /a 1/day"))
                .build();
        RequestLimiter before =
                daily().registry(registry).rule(Rule.parse("a: /a 1/day")).build();
        LimiterRegistry next = new LimiterRegistry();
        RequestLimiter after = daily().registry(next).buildInPlaceOf(before);
        before.giveWayTo(after);
        assertThat(registry.limiters()).containsOnlyKeys("a");
        assertThat(next.limiters()).containsOnlyKeys("f");
        other.close();
        assertThat(isOpen(registry)).isTrue();
        registry.close();
        next.close();
    }

    @Test
    void whatIsMadeInPlaceOfAClosedOneBeginsAnew() throws Exception {
        RequestLimiter before = daily().build();
        before.close();
        RequestLimiter after = daily().buildInPlaceOf(before);
        assertThat(first(after)).isNotSameAs(first(before));
        List<Thread> begun = sweepers.begun();
        after.close();
        assertThat(SweeperThreads.thatDoNotEnd(begun)).isEmpty();
    }
}
