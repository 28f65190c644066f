package io.headgate.servlet;

import io.headgate.net.ClientAddress;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The request as the container made it, below every wrapper that a filter or a framework put around it. */
final class ContainerRequest {

    /*
     * A wrapper may answer getRemoteAddr() with what the client wrote into a header: Spring's ForwardedHeaderFilter
     * does, and takes the leftmost value. So the peer and the headers are read from the innermost request.
     */

    private static final long UNSPECIFIED_IPV4 = 0xFFFF_0000_0000L;

    private final HttpServletRequest request;

    ContainerRequest(HttpServletRequest outermost) {
        HttpServletRequest innermost = outermost;
        ServletRequest next = outermost;
        while (next instanceof ServletRequestWrapper wrapper) {
            next = wrapper.getRequest();
            if (next instanceof HttpServletRequest http) {
                innermost = http;
            }
        }
        request = innermost;
    }

    /** The address at the other end of the connection; null if there is none, as with a unix socket. */
    @Nullable
    ClientAddress peer() {
        String text = request.getRemoteAddr();
        return text == null ? null : client(text, 0, text.length());
    }

    /** All lines of a header, in the order in which they came. */
    List<String> lines(String header) {
        Enumeration<String> lines = request.getHeaders(header);
        if (lines == null || !lines.hasMoreElements()) {
            return List.of();
        }
        List<String> list = new ArrayList<>(2);
        do {
            list.add(lines.nextElement());
        } while (lines.hasMoreElements());
        return list;
    }

    boolean has(String header) {
        return request.getHeader(header) != null;
    }

    /** The address that a piece of text is, port and zone dropped; null if it is none that a client can have. */
    static @Nullable ClientAddress client(String text, int from, int to) {
        ClientAddress address = ClientAddress.tryParseEndpoint(text, from, to);
        return address == null || isUnspecified(address) ? null : address;
    }

    private static boolean isUnspecified(ClientAddress address) {
        return address.highBits() == 0 && (address.lowBits() == 0 || address.lowBits() == UNSPECIFIED_IPV4);
    }
}
