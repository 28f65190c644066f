/** The limiter and what it is configured and answered with. */
@NullMarked
package io.headgate;

import org.jspecify.annotations.NullMarked;
