/** The limiter without a server. */
@NullMarked
package io.headgate.examples.plain;

import org.jspecify.annotations.NullMarked;
