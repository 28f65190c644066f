/** A Tomcat whose clients are limited by address, and clients to watch it with. */
@NullMarked
package io.headgate.examples.servlet;

import org.jspecify.annotations.NullMarked;
