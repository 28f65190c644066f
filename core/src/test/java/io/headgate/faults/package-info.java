/** Faults in the midst of an operation: what brings them about, and what has to hold after them. */
@NullMarked
package io.headgate.faults;

import org.jspecify.annotations.NullMarked;
