package io.headgate.servlet;

import io.headgate.http.HttpRequest;
import io.headgate.net.ClientAddress;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A servlet request, as the limiter of requests sees it. Used by one thread. */
final class ServletHttpRequest implements HttpRequest {

    /*
     * A wrapper may answer getRemoteAddr() with what the client wrote into a header: Spring's ForwardedHeaderFilter does, and
     * takes the leftmost value. So the peer and the headers are read from the innermost request, below every wrapper.
     *
     * The path is never getRequestURI: that is what the client wrote, and /%6cogin or /login;x=1 would pass a rule for /login
     * that the servlet behind it is reached by.
     */

    private final HttpServletRequest request;
    private final HttpServletRequest innermost;

    ServletHttpRequest(HttpServletRequest request) {
        this.request = request;
        this.innermost = innermost(request);
    }

    private static HttpServletRequest innermost(HttpServletRequest outermost) {
        HttpServletRequest innermost = outermost;
        ServletRequest next = outermost;
        while (next instanceof ServletRequestWrapper wrapper) {
            next = wrapper.getRequest();
            if (next instanceof HttpServletRequest http) {
                innermost = http;
            }
        }
        return innermost;
    }

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public @Nullable String path() {
        try {
            String servlet = request.getServletPath();
            String info = request.getPathInfo();
            return info == null ? servlet : servlet + info;
        } catch (RuntimeException ambiguous) {
            return null;
        }
    }

    @Override
    public String contextPath() {
        String path = request.getContextPath();
        return path == null ? "" : path;
    }

    @Override
    public @Nullable ClientAddress remoteAddress() {
        String text = innermost.getRemoteAddr();
        return text == null ? null : ClientAddress.tryParseEndpoint(text, 0, text.length());
    }

    @Override
    public List<String> headers(String name) {
        Enumeration<String> lines = innermost.getHeaders(name);
        if (lines == null || !lines.hasMoreElements()) {
            return List.of();
        }
        List<String> list = new ArrayList<>(2);
        do {
            list.add(lines.nextElement());
        } while (lines.hasMoreElements());
        return list;
    }

    @Override
    public boolean hasHeader(String name) {
        return innermost.getHeader(name) != null;
    }

    @Override
    public @Nullable String query(String name) {
        String query = request.getQueryString();
        if (query == null) {
            return null;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String key = equals < 0 ? pair : pair.substring(0, equals);
            if (name.equals(decoded(key))) {
                String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
                if (value != null) { // else servers leave it out as well
                    return value;
                }
            }
        }
        return null;
    }

    private static @Nullable String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            return null;
        }
    }

    @Override
    public @Nullable Principal principal() {
        return request.getUserPrincipal();
    }

    @Override
    public boolean hasRole(String role) {
        return request.isUserInRole(role);
    }

    @Override
    public @Nullable Object attribute(String name) {
        return request.getAttribute(name);
    }

    @Override
    public void attribute(String name, @Nullable Object value) {
        if (value == null) {
            request.removeAttribute(name);
        } else {
            request.setAttribute(name, value);
        }
    }

    @Override
    public <T> @Nullable T unwrap(Class<T> type) {
        ServletRequest wrapped = request;
        while (!type.isInstance(wrapped) && wrapped instanceof ServletRequestWrapper wrapper) {
            wrapped = wrapper.getRequest();
        }
        return type.isInstance(wrapped) ? type.cast(wrapped) : null;
    }
}
