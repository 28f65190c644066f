/**
 * Limits HTTP requests, on any server: rules, whose address counts, what is charged and given back, header fields, refusals.
 * {@link io.headgate.http.RequestLimiter} is the entrance; adapters translate requests and responses for it.
 */
@NullMarked
package io.headgate.http;

import org.jspecify.annotations.NullMarked;
