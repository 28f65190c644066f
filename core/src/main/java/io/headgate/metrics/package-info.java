/**
 * What limiters tell those who watch them. {@link io.headgate.metrics.LimiterMetrics} needs micrometer-core, which the rest of
 * the library does without; {@link io.headgate.metrics.HeavyHitters} needs nothing.
 */
@NullMarked
package io.headgate.metrics;

import org.jspecify.annotations.NullMarked;
