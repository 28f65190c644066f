/** What limiters tell Micrometer. Needs micrometer-core, which the rest of the library does without. */
@NullMarked
package io.headgate.metrics;

import org.jspecify.annotations.NullMarked;
