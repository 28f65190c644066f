package io.headgate.http;

import io.headgate.Limiter;

/**
 * A limiter that requests are charged to.
 *
 * @param limiter the limiter
 * @param isByAddress whether its keys are client addresses
 * @param isDryRun whether its denials are only counted, where it is asked first
 * @param isTier whether its buckets are those of many clients together, of a {@link Tier}
 */
public record LimiterUse(Limiter<?> limiter, boolean isByAddress, boolean isDryRun, boolean isTier) {}
