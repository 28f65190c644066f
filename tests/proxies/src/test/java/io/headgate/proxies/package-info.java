/** What real proxies send, and whom we take for the client. */
@NullMarked
package io.headgate.proxies;

import org.jspecify.annotations.NullMarked;
