/** What every servlet container must show of the filter, over real sockets. */
@NullMarked
package io.headgate.containers;

import org.jspecify.annotations.NullMarked;
