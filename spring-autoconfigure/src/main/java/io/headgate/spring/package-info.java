/** The Spring Boot auto-configuration of Headgate, and its properties. */
@NullMarked
package io.headgate.spring;

import org.jspecify.annotations.NullMarked;
