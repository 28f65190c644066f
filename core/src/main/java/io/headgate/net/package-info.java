/** Client addresses and ranges of them, read from text without ever asking a name server. */
@NullMarked
package io.headgate.net;

import org.jspecify.annotations.NullMarked;
