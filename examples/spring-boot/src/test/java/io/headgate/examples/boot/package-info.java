@NullMarked
package io.headgate.examples.boot;

import org.jspecify.annotations.NullMarked;
