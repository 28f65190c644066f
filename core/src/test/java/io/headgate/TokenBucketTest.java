package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Duration;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The arithmetic against a reference in exact fractions. */
class TokenBucketTest {

    private static final long YEAR = Duration.ofDays(365).toNanos();
    private static final long SECOND = 1_000_000_000L;
    /** A reading that is not zero, so that no sum passes for a difference. */
    private static final long START = 7 * SECOND;

    /** From one permit in 30 days to 10^9 in a second, capacities from 1 to 10^9, refilled within a year. */
    @Provide
    Arbitrary<Limit> limits() {
        Arbitrary<Long> permits = logarithmic(1, 1_000_000_000L);
        Arbitrary<Long> period = logarithmic(1, Duration.ofDays(30).toNanos());
        return Combinators.combine(permits, period, logarithmic(1, 1_000_000_000L))
                .as((n, nanos, capacity) -> {
                    long allowed = Math.min(n, nanos);
                    long most = BigInteger.valueOf(YEAR)
                            .multiply(BigInteger.valueOf(allowed))
                            .divide(BigInteger.valueOf(nanos))
                            .min(BigInteger.valueOf(capacity))
                            .longValue();
                    return new Limit("x", allowed, Duration.ofNanos(nanos), Math.max(1, most));
                });
    }

    private static Arbitrary<Long> logarithmic(long min, long max) {
        return Combinators.combine(Arbitraries.integers().between(0, 62), Arbitraries.longs())
                .as((bits, random) -> Math.max(min, Math.min(max, random >>> bits >>> 1)));
    }

    @Property(tries = 2000, seed = "1")
    void noPermitIsEarlyAndNoneIsLostBeyondTheStatedError(
            @ForAll("limits") Limit limit, @ForAll long origin, @ForAll Random random) {
        TokenBucket bucket = new TokenBucket(limit);
        long now = origin;
        RationalBucket exact = new RationalBucket(limit, now);
        RationalBucket slow = slowest(limit, now);
        long state = TokenBucket.NEW;
        for (int i = 0; i < 100; i++) {
            long permits = 1 + (long) (random.nextDouble() * Math.min(limit.capacity(), 1 << random.nextInt(30)));
            boolean admitted = bucket.admits(state, permits, now);
            if (admitted) {
                assertThat(exact.admits(permits, now)).as("early at step %s", i).isTrue();
                exact.take(permits, now);
                slow.take(permits, now);
                long next = bucket.take(state, permits, now);
                assertThat(next).isNotEqualTo(state);
                state = next;
            } else {
                assertThat(slow.admits(permits, now)).as("late at step %s", i).isFalse();
                assertThat(bucket.take(state, permits, now)).isEqualTo(state);
                assertThat(bucket.available(state, now)).isLessThan(permits);
            }
            long wait = bucket.nanosUntil(permits, state, now);
            now += random.nextInt(3) == 0 ? wait : (long) (random.nextDouble() * 2 * (wait + 1));
        }
    }

    /** A bucket at the lowest rate that the stated error allows: 10^-5 below, or 1/128 ns a permit if that is more. */
    private static RationalBucket slowest(Limit limit, long now) {
        boolean fast = limit.permits() * 1_000 > limit.period().toNanos();
        long scale = fast ? 128 : 100_000;
        long more = fast ? limit.permits() : limit.period().toNanos();
        return new RationalBucket(
                Limit.nanos(limit.period()).multiply(BigInteger.valueOf(scale)).add(BigInteger.valueOf(more)),
                BigInteger.valueOf(limit.permits()).multiply(BigInteger.valueOf(scale)),
                limit.capacity(),
                now);
    }

    @Property(tries = 500, seed = "1")
    void waitsAreExactToTheNanosecond(@ForAll("limits") Limit limit, @ForAll long origin, @ForAll Random random) {
        TokenBucket bucket = new TokenBucket(limit);
        long now = origin;
        long state = TokenBucket.NEW;
        for (int i = 0; i < 30; i++) {
            long permits = 1 + (long) (random.nextDouble() * (limit.capacity() - 1));
            state = bucket.take(state, permits, now);
            long wait = bucket.nanosUntil(permits, state, now);
            if (wait > 0) {
                assertThat(bucket.admits(state, permits, now + wait - 1)).isFalse();
            }
            assertThat(bucket.admits(state, permits, now + wait)).isTrue();

            long next = bucket.nanosUntilNext(state, now);
            long available = bucket.available(state, now);
            if (bucket.isFull(state, now)) {
                assertThat(next).isZero();
            } else {
                assertThat(bucket.available(state, now + next)).isGreaterThan(available);
                assertThat(bucket.available(state, now + next - 1)).isEqualTo(available);
            }

            long full = bucket.nanosUntilFull(state, now);
            assertThat(bucket.isFull(state, now + full)).isTrue();
            assertThat(full > 0 && bucket.isFull(state, now + full - 1)).isFalse();
            now += (long) (random.nextDouble() * wait);
        }
    }

    @Property(tries = 500, seed = "1")
    void refundIsTheInverseOfTakeAndNeverFillsAbove(@ForAll("limits") Limit limit, @ForAll Random random) {
        long now = random.nextLong() >> 8; // at no reserved state
        TokenBucket bucket = new TokenBucket(limit);
        long before = bucket.take(TokenBucket.NEW, 1 + random.nextLong(limit.capacity()), now);
        long permits = 1 + random.nextLong(limit.capacity());
        long after = bucket.take(before, permits, now);
        if (after != before) {
            long undone = bucket.refund(after, permits, now);
            assertThat(bucket.nanosUntilFull(undone, now)).isEqualTo(bucket.nanosUntilFull(before, now));
        }
        assertThat(bucket.available(bucket.refund(after, limit.capacity(), now), now))
                .isEqualTo(limit.capacity());
        assertThat(bucket.available(bucket.refund(after, Long.MAX_VALUE, now), now))
                .isEqualTo(limit.capacity());
        assertThat(bucket.isFull(bucket.reset(after, now), now)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Long.MAX_VALUE - 5, Long.MIN_VALUE, Long.MIN_VALUE + 1, -1, 1L << 56, (1L << 57) - 3})
    void theClockMayStartAnywhereAndWrap(long origin) {
        for (Limit limit : new Limit[] {Limit.parse("10/s"), Limit.parse("1000000/s"), Limit.parse("2/day")}) {
            TokenBucket bucket = new TokenBucket(limit);
            long interval = limit.period().toNanos() / limit.permits();
            long state = TokenBucket.NEW;
            for (long i = 0; i < limit.capacity(); i++) {
                long next = bucket.take(state, 1, origin);
                assertThat(next).isNotEqualTo(state);
                state = next;
                if (limit.capacity() > 1000) {
                    i += 999;
                    state = bucket.take(state, 999, origin);
                }
            }
            assertThat(bucket.admits(state, 1, origin)).isFalse();
            assertThat(bucket.admits(state, 1, origin + interval - 1)).isFalse();
            // A few of 2^64 states are not times: one that falls on them is the next that is, here a unit or so late.
            assertThat(bucket.admits(state, 1, origin + interval + 3)).isTrue();
        }
    }

    @Example
    void aClockThatStepsBackEarnsNothingUntilItPassesAgain() {
        TokenBucket bucket = new TokenBucket(Limit.parse("10/s"));
        long state = bucket.take(TokenBucket.NEW, 10, 1_000_000_000L);
        assertThat(bucket.admits(state, 1, 0)).isFalse();
        assertThat(bucket.available(state, 0)).isZero();
        assertThat(bucket.nanosUntil(1, state, 0)).isEqualTo(1_100_000_000L);
        assertThat(bucket.admits(state, 1, 1_099_999_999L)).isFalse();
        assertThat(bucket.admits(state, 1, 1_100_000_000L)).isTrue();
    }

    @Example
    void idleGapsOfTwoYearsAtTheFinestUnitAnd270YearsAtTheCoarsest() {
        TokenBucket fine = new TokenBucket(Limit.parse("1000000/s"));
        long state = fine.take(TokenBucket.NEW, 1_000_000, -7);
        assertThat(fine.available(state, -7 + 2 * YEAR)).isEqualTo(1_000_000);
        TokenBucket coarse = new TokenBucket(Limit.parse("1/minute"));
        state = coarse.take(TokenBucket.NEW, 1, -7);
        assertThat(coarse.available(state, -7 + 270 * YEAR)).isEqualTo(1);
    }

    /** A charge of a full bucket makes another state of the same time; all arithmetic is the same for both. */
    @Example
    void theNumberOfTheBusyPeriodMovesNoPermit() {
        TokenBucket bucket = new TokenBucket(Limit.parse("10/s burst 3"));
        long interval = 100_000_000;
        long[] states = {TokenBucket.NEW, TokenBucket.newState(1)};
        for (long now = 0; now < 5 * interval; now += interval) {
            long even = states[0];
            long odd = states[1];
            assertThat(bucket.isFull(even, now)).isTrue();
            for (int i = 0; i < states.length; i++) {
                long taken = bucket.take(states[i], 3, now);
                assertThat(taken & 1).isNotEqualTo(states[i] & 1);
                assertThat(bucket.take(taken, 1, now)).isEqualTo(taken);
                assertThat(bucket.admits(taken, 1, now + interval - 1)).isFalse();
                assertThat(bucket.admits(taken, 1, now + interval)).isTrue();
                long more = bucket.take(taken, 1, now + interval);
                assertThat(more & 1).isEqualTo(taken & 1);
                states[i] = bucket.refund(more, 4, now);
            }
            assertThat(bucket.nanosUntilFull(even, now)).isEqualTo(bucket.nanosUntilFull(odd, now));
        }
    }

    @Example
    void anUndoGivesWhatTheChargeAloneStillOwesLessAUnit() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        long second = 1_000_000_000;
        long state = bucket.take(TokenBucket.NEW, 3, 0);
        assertThat(bucket.nanosUntilFull(bucket.undo(state, 3, 0, 0), 0)).isEqualTo(1);
        assertThat(bucket.nanosUntilFull(bucket.undo(state, 1, 0, 0), 0)).isEqualTo(2 * second + 1);
        assertThat(bucket.nanosUntilFull(bucket.undo(state, 2, 0, second), second))
                .isEqualTo(second + 1);
        assertThat(bucket.undo(state, 1, 0, second)).isEqualTo(state); // earned back
        assertThat(bucket.undo(state, 3, 0, 4 * second)).isEqualTo(state);
        assertThat(bucket.undo(state, 3, 0, Long.MAX_VALUE)).isEqualTo(state);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"1/minute", "100/minute", "10/s burst 3", "1000000/s", "1/365d", "1000000/s burst 30000000000000"
            })
    void whatIsChargedOrOwedHasItsBounds(String text) {
        Limit limit = Limit.parse(text);
        TokenBucket bucket = new TokenBucket(limit);
        long refill = limit.refillTime().toNanos();
        long now = 12_345_678_901L;
        long deep = bucket.charge(TokenBucket.NEW, Long.MAX_VALUE, now, bucket.deepest());
        assertThat(bucket.nanosUntilFull(deep, now)).isEqualTo(2 * refill);
        assertThat(bucket.isBeyond(deep, bucket.deepest(), now)).isFalse();
        assertThat(bucket.charge(deep, 1, now, bucket.deepest())).isEqualTo(deep);
        assertThat(bucket.chargeable(deep, 7, now, bucket.deepest())).isZero();
        long most = bucket.owe(deep, bucket.owing(Long.MAX_VALUE, now, now), now);
        long permit = refill / limit.capacity();
        long more = Math.max(4 * limit.capacity(), 400);
        assertThat(bucket.nanosUntilFull(most, now))
                .isEqualTo(refill + (permit > YEAR / 400 ? YEAR : Math.min(YEAR, more * permit)));
        assertThat(bucket.isBeyond(most, bucket.most(), now)).isFalse();
        assertThat(bucket.isBeyond(most, bucket.most(), now - 2)).isTrue();
        assertThat(bucket.owe(most, deep, now)).isEqualTo(most);
        assertThat(bucket.isFull(most, now + bucket.nanosUntilFull(most, now))).isTrue();
    }

    @Example
    void aCostAboveTheCapacityIsNeverAdmissibleAndChangesNothing() {
        TokenBucket bucket = new TokenBucket(Limit.parse("10/s"));
        assertThat(bucket.take(TokenBucket.NEW, 11, 0)).isEqualTo(TokenBucket.NEW);
        assertThat(bucket.take(TokenBucket.NEW, Long.MAX_VALUE, 0)).isEqualTo(TokenBucket.NEW);
        long state = bucket.take(TokenBucket.NEW, 1, 0);
        assertThat(bucket.take(state, 11, 1L << 40)).isEqualTo(state);
    }

    @ParameterizedTest
    @ValueSource(longs = {TokenBucket.ABSENT, TokenBucket.NEW, TokenBucket.RETIRED})
    void aComputedTimeIsNeverAReservedState(long reserved) {
        Limit limit = Limit.parse("1/100us"); // two units are a nanosecond
        TokenBucket bucket = new TokenBucket(limit);
        long state = bucket.take(TokenBucket.NEW, 1, (reserved >> 1) - 100_000);
        assertThat(state & ~1).isEqualTo(TokenBucket.FIRST_TIME);
        assertThat(bucket.admits(state, 1, reserved >> 1)).isFalse();
        assertThat(bucket.admits(state, 1, state >> 1)).isTrue();
    }

    @Example
    void aChargeIsGivenBackAsFarAsItAloneStillOwes() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        long state = bucket.take(TokenBucket.NEW, 3, START);
        long now = START + SECOND / 2;
        assertThat(bucket.nanosUntilFull(bucket.giveBack(state, 3, START, START), START))
                .isZero();
        assertThat(bucket.nanosUntilFull(bucket.giveBack(state, 3, START, now), now))
                .isZero();
        assertThat(bucket.nanosUntilFull(bucket.giveBack(state, 1, START, now), now))
                .isEqualTo(2 * SECOND);
        assertThat(bucket.giveBack(state, 1, START, START + SECOND)).isEqualTo(state); // earned back
        assertThat(bucket.giveBack(TokenBucket.NEW, 1, START, START)).isEqualTo(TokenBucket.NEW);
        assertThat(bucket.giveBack(state, 3, START, START + 5 * SECOND)).isEqualTo(state);
        long empty = bucket.take(TokenBucket.NEW, 4, START);
        now = START + 4 * SECOND - 1;
        assertThat(bucket.isFull(empty, now)).isFalse();
        assertThat(bucket.isFull(bucket.giveBack(empty, 4, START, now), now)).isTrue();
        // A clock that has stepped back has earned nothing.
        assertThat(bucket.nanosUntilFull(bucket.giveBack(state, 2, START, START - SECOND), START))
                .isEqualTo(SECOND);
    }

    @Example
    void whatIsOwedInPartIsKept() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        long state = bucket.take(TokenBucket.NEW, 3, START);
        long now = START + SECOND / 2;
        assertThat(bucket.refundable(state, 9, now)).isEqualTo(2);
        assertThat(bucket.refundable(state, 1, now)).isEqualTo(1);
        assertThat(bucket.nanosUntilFull(bucket.refund(state, 2, now), now)).isEqualTo(SECOND / 2);
        assertThat(bucket.isFull(bucket.refund(state, 3, now), now)).isTrue();
        assertThat(bucket.refund(state, 1, START + 3 * SECOND)).isEqualTo(state);
    }

    @Example
    void aStateThatIsRestatedOwesTheSameAtAnotherReading() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        long state = bucket.take(TokenBucket.NEW, 3, START);
        long later = bucket.restated(state, START, START + SECOND);
        assertThat(bucket.nanosUntilFull(later, START + SECOND)).isEqualTo(3 * SECOND);
        assertThat(later & 1).as("the busy period").isEqualTo(state & 1);
        assertThat(bucket.restated(state, START, START)).isEqualTo(state);
        assertThat(bucket.restated(TokenBucket.NEW, START, START + SECOND)).isEqualTo(TokenBucket.NEW);
    }

    @Example
    void aStateThatIsTouchedIsAnotherOfTheSameMeaning() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        for (long state : new long[] {bucket.take(TokenBucket.NEW, 3, START), TokenBucket.FIRST_TIME}) {
            long touched = bucket.touched(state, START);
            assertThat(touched).isNotEqualTo(state);
            assertThat(bucket.nanosUntilFull(touched, START)).isEqualTo(bucket.nanosUntilFull(state, START));
            assertThat(bucket.touched(touched, START)).isEqualTo(state);
        }
        assertThat(bucket.touched(TokenBucket.NEW, START)).isEqualTo(bucket.owing(0, START));
    }

    @Example
    void whoOwesNothingMoreStaysInItsState() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        assertThat(bucket.owe(TokenBucket.NEW, bucket.owing(0, START), START)).isEqualTo(TokenBucket.NEW);
        long state = bucket.take(TokenBucket.NEW, 3, START);
        assertThat(bucket.owe(state, bucket.owing(3 * SECOND, START, START), START))
                .isEqualTo(state);
    }

    @Example
    void aBucketThatIsFullMayBeCalledSoSinceOneRefill() {
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s burst 4"));
        assertThat(bucket.refillBefore(START)).isEqualTo(START - 4 * SECOND);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1/s", "3/minute", "1000/s", "1000000/s", "1000000000/s", "1/365d"})
    void bucketsAreOrderedByTheDebtOfAPermit(String text) {
        Limit limit = Limit.parse(text);
        assertThat(new TokenBucket(limit).interval()).isEqualTo((limit.period().toNanos() / limit.permits()) << 8);
    }

    @Example
    void theStatesOfANewBucketAreAllDifferentAndNoTimes() {
        Set<Long> states = new HashSet<>();
        TokenBucket bucket = new TokenBucket(Limit.parse("1/s"));
        for (long i = 0; i < 1 << 15; i++) {
            long state = TokenBucket.newState(i);
            assertThat(states.add(state)).isTrue();
            assertThat(state).isBetween(TokenBucket.NEW, TokenBucket.FIRST_TIME - 1);
            assertThat(bucket.isFull(state, START)).isTrue();
        }
        assertThat(states).doesNotContain(TokenBucket.NEW, TokenBucket.MOVED);
        assertThat(TokenBucket.newState(1 << 15)).isEqualTo(TokenBucket.newState(0));
        assertThat(TokenBucket.isGone(TokenBucket.newState(0))).isFalse();
    }

    /** A debt is told from a time that has passed by its size. */
    @Example
    void noDebtIsSoLargeThatItPassesForATimeLongAgo() {
        for (long permits = 1; permits <= 1_000_000_000; permits *= 10) {
            BigInteger longest = BigInteger.valueOf(YEAR).multiply(BigInteger.valueOf(permits));
            long most = longest.divide(BigInteger.valueOf(1_000_000_000)).longValueExact();
            for (long burst = 1; burst > 0 && burst <= most; burst += 1 + burst / 8) {
                TokenBucket bucket = new TokenBucket(Limit.perSecond(permits).burst(burst));
                assertThat(bucket.most()).as("%d/s burst %d", permits, burst).isLessThan(1L << 59);
            }
        }
    }
}
