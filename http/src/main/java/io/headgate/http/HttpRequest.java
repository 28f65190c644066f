package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.security.Principal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request as the limiter of requests sees it, on any server. An adapter implements it; functions of yours read it:
 *
 * <pre>{@code
 * ClientAddressResolver edge = request -> request.headers("X-Edge-Client").stream()
 *         .map(ClientAddress::tryParse).filter(Objects::nonNull).findFirst().orElse(null);
 * }</pre>
 *
 * <p>It is used by the thread that decides the request, and not kept. No method throws because of what a client sent.
 */
public interface HttpRequest {

    /**
     * The method.
     *
     * @return such as {@code GET}
     */
    String method();

    /**
     * The path within the application, decoded, without parameters or query: what rules are compared with.
     *
     * @return such as {@code /login}; null if the server refuses to decode it
     */
    @Nullable
    String path();

    /**
     * The path under which the server has the application, as the client writes it.
     *
     * @return such as {@code /shop}; empty if the application has the whole server
     */
    default String contextPath() {
        return "";
    }

    /**
     * The other end of the connection, whatever header fields or wrappers say.
     *
     * @return the peer; null if it has no address, as with a Unix socket
     */
    @Nullable
    ClientAddress remoteAddress();

    /**
     * All lines of a header field, as the server received them.
     *
     * @param name the name, in any case
     * @return in the order in which they came; empty if there is none
     */
    List<String> headers(String name);

    /**
     * Whether the request has a header field.
     *
     * @param name the name, in any case
     * @return whether {@link #headers} would not be empty
     */
    default boolean hasHeader(String name) {
        return !headers(name).isEmpty();
    }

    /**
     * The first value of a parameter in the query string that can be decoded. The body is never read.
     *
     * @param name the name, case-sensitive
     * @return decoded; null if the query has no such parameter
     */
    @Nullable
    String query(String name);

    /**
     * The principal that has been authenticated by the time the request is decided.
     *
     * @return null if there is none
     */
    @Nullable
    Principal principal();

    /**
     * Whether the principal has a role.
     *
     * @param role as the server calls it
     * @return false if there is no principal
     */
    boolean hasRole(String role);

    /**
     * An attribute of the request.
     *
     * @param name its name
     * @return null if there is none
     */
    @Nullable
    Object attribute(String name);

    /**
     * Sets an attribute, for handlers and access logs.
     *
     * @param name its name
     * @param value its value; null to remove it
     */
    void attribute(String name, @Nullable Object value);

    /**
     * The request as the adapter got it, for what only this kind of server has; or, if that is of another type, the first of
     * those that it wraps.
     *
     * @param type such as {@code HttpServletRequest}
     * @param <T> the type
     * @return null if none is of that type
     */
    <T> @Nullable T unwrap(Class<T> type);
}
