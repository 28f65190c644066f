package io.headgate;

import java.time.Duration;

/**
 * How a key stands under one limit, as of a decision.
 *
 * @param limit the limit
 * @param remaining whole permits left, at least 0
 * @param violated whether this limit denied the permits that were asked for
 * @param nextPermit time until one more permit is there; zero when the bucket is full
 * @param resetAfter time until the bucket is full; zero when it is
 */
public record LimitStatus(Limit limit, long remaining, boolean violated, Duration nextPermit, Duration resetAfter) {}
