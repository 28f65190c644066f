package io.headgate.servlet;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** The path of a request within its application, as the container decoded it and mapped it to a servlet. */
final class RequestPath {

    private RequestPath() {}

    /*
     * Never getRequestURI: that is what the client wrote, and /%6cogin or /login;x=1 would pass a rule for /login that
     * the servlet behind it is reached by.
     */

    /** The path; null if the container finds it ambiguous and refuses to decode it. */
    static @Nullable String of(HttpServletRequest request) {
        try {
            String servlet = request.getServletPath();
            String info = request.getPathInfo();
            return info == null ? servlet : servlet + info;
        } catch (RuntimeException ambiguous) {
            return null;
        }
    }
}
