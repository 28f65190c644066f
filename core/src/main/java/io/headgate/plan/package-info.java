/**
 * Which plan a client has. {@link io.headgate.plan.PlanCache} needs Caffeine, which the rest of the library does without.
 */
@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
