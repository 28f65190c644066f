package io.headgate.http;

import io.headgate.net.ClientAddress;

/**
 * A client was denied.
 *
 * @param client the client as its limiter tracks it: IPv6 as a network
 * @param limiter the name of the limiter that denied it
 * @param dryRun whether it was only counted
 */
public record ClientDenied(ClientAddress client, String limiter, boolean dryRun) {}
