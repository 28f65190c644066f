/** Tests of plans by address and by key. */
@NullMarked
package io.headgate.plan;

import org.jspecify.annotations.NullMarked;
