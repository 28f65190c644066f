package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** An application says that a plan has changed: what was loaded before is not seen after. */
class PlanCacheInvalidationTest {

    private final FakeTicker ticker = new FakeTicker();
    private final HeldSource source = new HeldSource();
    private final PlanCache<String> plans =
            PlanCache.<String>builder(source).ticker(ticker).executor(source).build();

    private static Stream<Named<Consumer<PlanCache<String>>>> both() {
        return Stream.of(
                Named.of("invalidate", plans -> plans.invalidate("k")),
                Named.of("invalidateAll", PlanCache::invalidateAll));
    }

    @ParameterizedTest
    @MethodSource("both")
    void aPlanIsForgotten(Consumer<PlanCache<String>> invalidate) {
        plans.request("k");
        source.answer("gold");
        invalidate.accept(plans);
        assertThat(plans.planIfKnown("k")).isNull();
        plans.request("k");
        source.answer("silver");
        assertThat(plans.planIfKnown("k")).isEqualTo("silver");
    }

    @ParameterizedTest
    @MethodSource("both")
    void thatThereIsNoneIsForgotten(Consumer<PlanCache<String>> invalidate) {
        plans.request("k");
        source.answer(null);
        invalidate.accept(plans);
        plans.request("k");
        source.answer("silver");
        assertThat(plans.planIfKnown("k")).isEqualTo("silver");
    }

    @ParameterizedTest
    @MethodSource("both")
    void aFailureIsForgotten(Consumer<PlanCache<String>> invalidate) {
        plans.request("k");
        source.fail();
        invalidate.accept(plans);
        plans.request("k");
        source.answer("silver");
        assertThat(plans.planIfKnown("k")).isEqualTo("silver");
    }

    @ParameterizedTest
    @MethodSource("both")
    void aLoadThatWasUnderWayBringsNothing(Consumer<PlanCache<String>> invalidate) {
        plans.request("k");
        HeldSource.Call old = source.next();
        invalidate.accept(plans);
        assertThat(plans.stats().underWay()).isEqualTo(1); // it goes on, and counts
        old.stage().complete("old");
        assertThat(plans.planIfKnown("k")).isNull();
        assertThat(plans.stats().underWay()).isZero();
        plans.request("k");
        source.answer("new");
        assertThat(plans.planIfKnown("k")).isEqualTo("new");
    }

    @ParameterizedTest
    @MethodSource("both")
    void theNextRequestDoesNotWaitForAnOldLoadThatComesLast(Consumer<PlanCache<String>> invalidate) {
        plans.request("k");
        source.answer("older");
        ticker.advance(Duration.ofMinutes(1));
        plans.request("k"); // a refresh
        HeldSource.Call old = source.next();
        invalidate.accept(plans);
        plans.request("k");
        source.answer("new");
        assertThat(plans.planIfKnown("k")).isEqualTo("new");
        old.stage().complete("old");
        assertThat(plans.planIfKnown("k")).isEqualTo("new");
        assertThat(source.calls()).containsExactly("k", "k", "k");
        plans.request("k");
        assertThat(source.waitingTasks()).isZero();
    }

    @Test
    void anOldLoadThatFoundNoneTakesNothingAway() {
        plans.request("k");
        HeldSource.Call old = source.next();
        plans.invalidate("k");
        plans.request("k");
        source.answer("new");
        old.stage().complete(null);
        assertThat(plans.planIfKnown("k")).isEqualTo("new");
        assertThat(plans.stats().remembered()).isZero();
    }

    @Test
    void otherKeysAreLeftAlone() {
        plans.request("k");
        plans.request("other");
        plans.request("under way");
        source.answer("gold");
        source.answer("silver");
        HeldSource.Call call = source.next();
        plans.invalidate("k");
        call.stage().complete("bronze");
        assertThat(plans.planIfKnown("other")).isEqualTo("silver");
        assertThat(plans.planIfKnown("under way")).isEqualTo("bronze");
    }
}
