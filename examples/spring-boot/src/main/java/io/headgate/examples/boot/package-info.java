/** A Spring Boot application that is limited by three lines of its configuration. */
@NullMarked
package io.headgate.examples.boot;

import org.jspecify.annotations.NullMarked;
