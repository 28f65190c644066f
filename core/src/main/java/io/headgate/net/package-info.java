/**
 * Client addresses and ranges of them, read from text without ever asking a name server.
 *
 * <p>Bits decide, not notation: an IPv4 address and its IPv4-mapped IPv6 form are one address here, for keys and for
 * ranges alike.
 */
@NullMarked
package io.headgate.net;

import org.jspecify.annotations.NullMarked;
