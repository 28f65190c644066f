/**
 * The limiter and what it is configured and answered with. {@link io.headgate.Limiter} is the entrance.
 *
 * <p>A <dfn>key</dfn> is whoever is limited: a client's address, an account, an API key. Each key has a <dfn>bucket</dfn> for each
 * {@link io.headgate.Limit}. A call takes <dfn>permits</dfn> from it, one as a rule, and is denied if they are not there. The
 * bucket fills evenly with time. What a full one holds is the limit's <dfn>capacity</dfn>, or <dfn>burst</dfn>: so many permits
 * can be taken at once.
 */
@NullMarked
package io.headgate;

import org.jspecify.annotations.NullMarked;
