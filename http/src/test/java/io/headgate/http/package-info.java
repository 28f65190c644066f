/** Tests of what the adapters share. */
@NullMarked
package io.headgate.http;

import org.jspecify.annotations.NullMarked;
