/** Different limits for anonymous clients, a partner's range, a crawler, and API keys whose plans stand in a database. */
@NullMarked
package io.headgate.examples.plans;

import org.jspecify.annotations.NullMarked;
