/** A concurrent map for keys that are looked up far more often than they come and go. */
@NullMarked
package io.headgate.map;

import org.jspecify.annotations.NullMarked;
