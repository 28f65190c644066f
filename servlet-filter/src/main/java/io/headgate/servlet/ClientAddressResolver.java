package io.headgate.servlet;

import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** Tells whose address counts. */
@FunctionalInterface
public interface ClientAddressResolver {
    @Nullable
    ClientAddress resolve(HttpServletRequest request);
}
