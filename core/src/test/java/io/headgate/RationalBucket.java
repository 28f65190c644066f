package io.headgate;

import java.math.BigInteger;

/** The slow obvious reference: a token bucket that counts in exact fractions of a permit. */
final class RationalBucket {

    /** Tokens are counted in 1/period permits, so that a nanosecond brings a whole number of them. */
    private final BigInteger permit;

    private final BigInteger perNano;
    private final BigInteger capacity;
    private BigInteger tokens;
    private long last;

    RationalBucket(Limit limit, long now) {
        this(Limit.nanos(limit.period()), BigInteger.valueOf(limit.permits()), limit.capacity(), now);
    }

    RationalBucket(BigInteger period, BigInteger permits, long capacity, long now) {
        this.permit = period;
        this.perNano = permits;
        this.capacity = cost(capacity);
        this.tokens = this.capacity;
        this.last = now;
    }

    boolean admits(long permits, long now) {
        earn(now);
        return tokens.compareTo(cost(permits)) >= 0;
    }

    void take(long permits, long now) {
        earn(now);
        tokens = tokens.subtract(cost(permits));
    }

    void refund(long permits, long now) {
        earn(now);
        tokens = tokens.add(cost(permits)).min(capacity);
    }

    long available(long now) {
        earn(now);
        return tokens.divide(permit).longValueExact();
    }

    /** A clock that steps back brings nothing until it passes its latest reading again. */
    private void earn(long now) {
        long elapsed = now - last;
        if (elapsed > 0) {
            tokens = tokens.add(perNano.multiply(BigInteger.valueOf(elapsed))).min(capacity);
            last = now;
        }
    }

    private BigInteger cost(long permits) {
        return permit.multiply(BigInteger.valueOf(permits));
    }
}
