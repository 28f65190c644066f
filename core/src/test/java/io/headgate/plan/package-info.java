/** Tests of plans by address. */
@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
