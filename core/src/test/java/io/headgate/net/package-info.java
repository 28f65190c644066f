/** Tests of addresses and ranges. */
@NullMarked
package io.headgate.net;

import org.jspecify.annotations.NullMarked;
