package io.headgate.http;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A response as the limiter of requests sees it, on any server. An adapter implements it; functions of yours read it:
 *
 * <pre>{@code
 * // A failed login is answered with 401, or sent back to the login page.
 * ChargeOn failedLogins = (response, status) -> {
 *     String location = response.header("Location");
 *     return status == 401 || (location != null && location.endsWith("/login?error"));
 * };
 * }</pre>
 */
public interface HttpResponse {

    /**
     * The status as it stands now.
     *
     * @return 100 to 599
     */
    int status();

    /**
     * Whether status and header fields are on their way, so that neither can be changed.
     *
     * @return true from then on
     */
    boolean isCommitted();

    /**
     * The first value of a header field, such as {@code Location}.
     *
     * @param name the name, in any case
     * @return null if there is none
     */
    @Nullable
    String header(String name);

    /**
     * Replaces a header field.
     *
     * @param name the name
     * @param value its only value from now on
     */
    void setHeader(String name, String value);

    /**
     * Adds a line of a header field to those that are there.
     *
     * @param name the name
     * @param value the value
     */
    void addHeader(String name, String value);

    /**
     * How many bytes the body has, where the server tells.
     *
     * @return empty if it does not
     */
    default OptionalLong bodyBytes() {
        return OptionalLong.empty();
    }
}
