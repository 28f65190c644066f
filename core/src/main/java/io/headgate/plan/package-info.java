/**
 * Which clients have which plan, and so which limits: by their addresses, or by a key that a database knows. {@link
 * io.headgate.plan.PlanCache} needs Caffeine, which the rest of the library does without.
 */
@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
