package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a decision says, and when two of them say the same. */
class DecisionTest {

    private static final List<LimitStatus> LIMITS = List.of(
            new LimitStatus(Limit.parse("a=5/s"), 3, false, Duration.ofMillis(1), Duration.ofSeconds(1)),
            new LimitStatus(Limit.parse("b=9/s"), 2, true, Duration.ofMillis(1), Duration.ofSeconds(1)));

    @Test
    void anAllowedOneHasNoWait() {
        Decision decision = Decision.allowed(true, LIMITS);
        assertThat(decision.allowed()).isTrue();
        assertThat(decision.retryAfter()).hasValue(Duration.ZERO);
        assertThat(decision.neverAdmissible()).isFalse();
        assertThat(decision.overflow()).isTrue();
        assertThat(decision.limits()).isEqualTo(LIMITS);
        assertThat(decision.remaining()).isEqualTo(2);
        assertThat(decision).hasToString("Decision[allowed, overflow, " + LIMITS + "]");
    }

    @Test
    void aDeniedOneMayPromiseAWait() {
        Decision decision = Decision.denied(Duration.ofSeconds(7), false, LIMITS);
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.retryAfter()).hasValue(Duration.ofSeconds(7));
        assertThat(decision.overflow()).isFalse();
        assertThat(decision).hasToString("Decision[denied, retry after PT7S, " + LIMITS + "]");
        Decision silent = Decision.denied(null, true, List.of());
        assertThat(silent.retryAfter()).isEmpty();
        assertThat(silent.remaining()).isZero();
        assertThat(silent).hasToString("Decision[denied, overflow, []]");
    }

    @Test
    void aDenialMayTellOfALongerWait() {
        Decision decision = Decision.denied(Duration.ofSeconds(7), true, LIMITS).by("network");
        Decision longer = decision.withRetryAfter(Duration.ofSeconds(9));
        assertThat(longer)
                .isEqualTo(Decision.denied(Duration.ofSeconds(9), true, LIMITS).by("network"));
        assertThat(longer.deniedBy()).hasValue("network");
        assertThat(decision.withRetryAfter(null).retryAfter()).isEmpty();
        assertThatIllegalStateException()
                .isThrownBy(() -> Decision.allowed(false, LIMITS).withRetryAfter(Duration.ZERO));
    }

    @Test
    void forOneThatIsNeverAdmissibleWaitingDoesNotHelp() {
        Decision decision = Decision.neverAdmissible(false, LIMITS);
        assertThat(decision.allowed()).isFalse();
        assertThat(decision.neverAdmissible()).isTrue();
        assertThat(decision.retryAfter()).isEmpty();
        assertThat(decision).hasToString("Decision[never admissible, " + LIMITS + "]");
    }

    @Test
    void everyPartOfWhatIsSaidCounts() {
        List<Decision> different = List.of(
                Decision.allowed(false, LIMITS),
                Decision.allowed(true, LIMITS),
                Decision.allowed(false, List.of()),
                Decision.denied(null, false, LIMITS),
                Decision.denied(Duration.ZERO, false, LIMITS),
                Decision.denied(Duration.ofSeconds(7), false, LIMITS),
                Decision.neverAdmissible(false, LIMITS));
        assertThat(different).doesNotHaveDuplicates();
        assertThat(different.get(0))
                .isEqualTo(Decision.allowed(false, LIMITS, 3, given -> {}))
                .hasSameHashCodeAs(Decision.allowed(false, LIMITS, 3, given -> {}))
                .isNotEqualTo("allowed");
        assertThat(different.stream().map(Decision::hashCode).distinct()).hasSizeGreaterThan(1);
    }

    @Test
    void whatWasGivenBackIsNotGivenAgain() {
        List<Long> given = new ArrayList<>();
        Decision decision = Decision.allowed(false, LIMITS, 3, given::add);
        decision.refund(2);
        decision.refund(2);
        decision.refund(2);
        assertThat(given).containsExactly(2L, 1L);
        assertThatIllegalArgumentException().isThrownBy(() -> Decision.allowed(false, LIMITS, -1, given::add));
    }
}
