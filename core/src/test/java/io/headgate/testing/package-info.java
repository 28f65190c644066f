/** What tests of code that uses a limiter need. */
@NullMarked
package io.headgate.testing;

import org.jspecify.annotations.NullMarked;
