/** A servlet filter that answers 429 to clients that call too often. */
@NullMarked
package io.headgate.servlet;

import org.jspecify.annotations.NullMarked;
