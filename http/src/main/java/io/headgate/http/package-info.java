/**
 * Limits HTTP requests, on any server: rules, whose address counts, what is charged and given back, header fields, refusals.
 * {@link io.headgate.http.RequestLimiter} is the entrance; adapters translate requests and responses for it.
 *
 * <p>A request takes <dfn>permits</dfn> from the buckets of its client, as {@link io.headgate.Limit} says: one, unless a
 * <dfn>cost</dfn> is configured. The answer is a {@link io.headgate.http.Verdict}: the request passes, or gets a
 * {@link io.headgate.http.Refusal}. If the response has a say in what the request costs, a
 * {@link io.headgate.http.Settlement} gives permits back later, or takes more.
 */
@NullMarked
package io.headgate.http;

import org.jspecify.annotations.NullMarked;
