@NullMarked
package io.headgate.metrics;

import org.jspecify.annotations.NullMarked;
