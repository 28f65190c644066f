/** What the read-optimized map promises, each promise with a test that could fail. */
@NullMarked
package io.headgate.map;

import org.jspecify.annotations.NullMarked;
