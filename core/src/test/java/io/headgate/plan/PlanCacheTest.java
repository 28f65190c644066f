package io.headgate.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a plan cache answers and when it asks: the defaults, unless a test says otherwise. */
class PlanCacheTest {

    private static final Duration INSTANT = Duration.ofNanos(1);

    private final FakeTicker ticker = new FakeTicker(Long.MAX_VALUE - 1_000); // it wraps around on the way
    private final HeldSource source = new HeldSource();
    private final LogRecords log = new LogRecords(PlanCache.class);
    private PlanCache<String> plans = builder().build();

    private PlanCacheBuilder<String> builder() {
        return PlanCache.<String>builder(source).ticker(ticker).executor(source);
    }

    @AfterEach
    void close() {
        plans.close();
        log.close();
    }

    private void know(String key, String plan) {
        plans.request(key);
        source.answer(plan);
        assertThat(plans.planIfKnown(key)).isEqualTo(plan);
    }

    @Test
    void aPlanIsUnknownUntilItIsLoaded() {
        assertThat(plans.apply("k")).isNull();
        assertThat(source.calls()).isEmpty(); // not in the thread of the request
        HeldSource.Call call = source.next();
        assertThat(call.key()).isEqualTo("k");
        assertThat(plans.apply("k")).isNull();
        call.stage().complete("gold");
        assertThat(plans.apply("k")).isEqualTo("gold");
        assertThat(plans.planIfKnown("k")).isEqualTo("gold");
        assertThat(source.calls()).containsExactly("k");
        assertThat(plans.stats().hits()).isEqualTo(2);
        assertThat(plans.stats().misses()).isEqualTo(2);
        assertThat(plans.stats().loads()).isEqualTo(1);
        assertThat(plans.stats().size()).isEqualTo(1);
    }

    @Test
    void lookingStartsNothing() {
        assertThat(plans.planIfKnown("k")).isNull();
        know("old", "gold");
        ticker.advance(Duration.ofMinutes(30));
        assertThat(plans.planIfKnown("old")).isEqualTo("gold");
        source.runTasks();
        assertThat(source.calls()).containsExactly("old");
        assertThat(plans.stats().underWay()).isZero();
        assertThat(plans.stats().remembered()).isZero();
    }

    @Test
    void requestsOfAKeyThatIsUnderWayStartNothing() {
        for (int i = 0; i < 10; i++) {
            plans.request("k");
            plans.request("other");
        }
        source.runTasks();
        plans.request("k");
        source.runTasks();
        assertThat(source.calls()).containsExactly("k", "other");
        assertThat(plans.stats().underWay()).isEqualTo(2);
        assertThat(plans.stats().rejected()).isZero();
    }

    @Test
    void anOldPlanServesWhileItIsLoadedAgain() {
        know("k", "gold");
        ticker.advance(Duration.ofMinutes(1).minus(INSTANT));
        assertThat(plans.apply("k")).isEqualTo("gold");
        assertThat(source.waitingTasks()).isZero();
        ticker.advance(INSTANT);
        assertThat(plans.apply("k")).isEqualTo("gold");
        assertThat(plans.apply("k")).isEqualTo("gold");
        source.answer("silver");
        assertThat(plans.apply("k")).isEqualTo("silver");
        assertThat(source.calls()).containsExactly("k", "k");
        ticker.advance(Duration.ofMinutes(1).minus(INSTANT)); // its age begins anew
        plans.request("k");
        assertThat(source.waitingTasks()).isZero();
        assertThat(plans.stats().failures()).isZero();
    }

    @Test
    void aPlanThatCannotBeLoadedAgainServesUntilItIsTooOld() {
        know("k", "gold");
        for (int minute = 1; minute < 60; minute++) {
            ticker.advance(Duration.ofMinutes(1));
            assertThat(plans.apply("k")).isEqualTo("gold");
            source.fail();
        }
        ticker.advance(Duration.ofMinutes(1).minus(INSTANT));
        assertThat(plans.apply("k")).isEqualTo("gold");
        source.fail();
        ticker.advance(INSTANT);
        assertThat(plans.planIfKnown("k")).isNull();
        assertThat(plans.stats().failures()).isEqualTo(60);
        ticker.advance(Duration.ofSeconds(5));
        assertThat(plans.apply("k")).isNull();
        source.answer("silver");
        assertThat(plans.planIfKnown("k")).isEqualTo("silver");
    }

    @Test
    void aKeyThatIsNoMoreLosesItsPlan() {
        know("k", "gold");
        ticker.advance(Duration.ofMinutes(1));
        plans.request("k");
        source.answer(null);
        assertThat(plans.planIfKnown("k")).isNull();
        assertThat(plans.stats().size()).isZero();
        assertThat(plans.stats().remembered()).isEqualTo(1);
    }

    @Test
    void anUnknownKeyIsRemembered() {
        plans.request("k");
        source.answer(null);
        ticker.advance(Duration.ofMinutes(1).minus(INSTANT));
        assertThat(plans.apply("k")).isNull();
        assertThat(source.waitingTasks()).isZero();
        ticker.advance(INSTANT);
        assertThat(plans.apply("k")).isNull();
        source.answer("gold");
        assertThat(plans.apply("k")).isEqualTo("gold");
        assertThat(plans.stats().remembered()).isZero();
        assertThat(plans.stats().failures()).isZero();
        assertThat(plans.stats().loads()).isEqualTo(2);
    }

    @Test
    void aKeyWhoseLoadFailedIsLeftAloneForAWhile() {
        plans.request("k");
        source.fail();
        ticker.advance(Duration.ofSeconds(5).minus(INSTANT));
        assertThat(plans.apply("k")).isNull();
        assertThat(source.waitingTasks()).isZero();
        ticker.advance(INSTANT);
        plans.request("k");
        source.answer("gold");
        assertThat(plans.planIfKnown("k")).isEqualTo("gold");
        assertThat(plans.stats().failures()).isEqualTo(1);
        assertThat(log.warnings())
                .containsExactly(
                        "A plan was not loaded: java.lang.IllegalStateException. So far: 1; next logged: number 2");
    }

    @Test
    void beyondTheBoundNoneIsStartedAndALaterRequestTriesAgain() {
        plans = builder().maxLoads(2).build();
        plans.request("a");
        plans.request("b");
        plans.request("c");
        plans.request("c");
        plans.request("a"); // is under way
        assertThat(plans.stats().rejected()).isEqualTo(2);
        assertThat(plans.stats().underWay()).isEqualTo(2);
        assertThat(plans.stats().remembered()).isEqualTo(2);
        source.answer("gold");
        plans.request("c");
        source.answer("silver");
        source.answer("bronze");
        assertThat(source.calls()).containsExactly("a", "b", "c");
        assertThat(plans.planIfKnown("c")).isEqualTo("bronze");
        assertThat(plans.stats().underWay()).isZero();
    }

    @Test
    void closedItStartsNothingAndKnowsWhatItKnew() {
        know("k", "gold");
        ticker.advance(Duration.ofMinutes(1));
        plans.request("k");
        plans.request("waits for a thread");
        HeldSource.Call call = source.next();
        plans.close();
        source.runTasks();
        call.stage().complete("silver");
        assertThat(plans.apply("k")).isEqualTo("gold");
        assertThat(plans.apply("other")).isNull();
        assertThat(source.waitingTasks()).isZero();
        assertThat(source.calls()).containsExactly("k", "k", "waits for a thread");
        assertThat(plans.stats().underWay()).isZero();
        assertThat(plans.stats().rejected()).isEqualTo(2);
        assertThat(plans.stats().remembered()).isZero();
        ticker.advance(Duration.ofMinutes(59));
        assertThat(plans.planIfKnown("k")).isNull();
        plans.close();
    }

    @Test
    void whatIsOutOfRangeIsRefused() {
        assertThatThrownBy(() -> builder().maxKeys(0)).hasMessage("maxKeys must be 1 to 1073741824, not 0");
        assertThatThrownBy(() -> builder().maxLoads(10_001)).hasMessage("maxLoads must be 1 to 10000, not 10001");
        assertThatThrownBy(() -> builder().loaderThreads(-1)).hasMessage("loaderThreads must be 1 to 1000, not -1");
        assertThatThrownBy(() -> builder().timeout(Duration.ZERO))
                .hasMessage("timeout must be 1 ms to 365 days, not PT0S");
        assertThatThrownBy(() -> builder().negativeTtl(Duration.ofDays(366)))
                .hasMessage("negativeTtl must be 1 ms to 365 days, not PT8784H");
        assertThatThrownBy(() -> builder().failureBackoff(Duration.ofMillis(-1)))
                .hasMessage("failureBackoff must be 1 ms to 365 days, not PT-0.001S");
        assertThatThrownBy(() -> builder().maxStale(Duration.ofSeconds(59)).build())
                .hasMessage("refreshAfter must be no longer than maxStale (PT59S), not PT1M");
    }
}
