package io.headgate.spring;

import io.headgate.http.HttpRequest;
import io.headgate.net.ClientAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A request that an operator describes, and nobody has sent.
 *
 * @param method in upper case
 * @param path as rules are compared with it
 * @param remoteAddress the other end of its connection
 * @param fields its header fields, by their names in lower case
 * @param parameters those of its query string
 * @param principal who has sent it; null for nobody
 * @param roles what the principal has
 */
record DescribedRequest(
        String method,
        String path,
        ClientAddress remoteAddress,
        Map<String, List<String>> fields,
        Map<String, String> parameters,
        @Nullable Principal principal,
        List<String> roles)
        implements HttpRequest {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    /**
     * Reads a description.
     *
     * @param headers one field a line, such as {@code X-API-Key: abc}
     * @param query such as {@code format=csv}
     * @param roles separated by commas
     * @throws IllegalArgumentException if something is missing or has another form; the message says what
     */
    static DescribedRequest of(
            @Nullable String path,
            @Nullable String address,
            @Nullable String method,
            @Nullable String headers,
            @Nullable String query,
            @Nullable String principal,
            @Nullable String roles) {
        if (path == null || !path.startsWith("/") || path.indexOf('?') >= 0) {
            throw invalid("path", "begins with / and has no query, such as /login");
        }
        String verb = method == null ? "GET" : method.toUpperCase(Locale.ROOT);
        require(TOKEN.matcher(verb).matches(), "method", "is one such as GET");
        ClientAddress peer = address == null ? null : ClientAddress.tryParse(address);
        if (peer == null) {
            throw invalid("address", "is the IPv4 or IPv6 address of its peer, such as 192.0.2.1");
        }
        String name = principal == null || principal.isEmpty() ? null : principal;
        List<String> all = roles == null ? List.of() : parts(roles, ",");
        require(name != null || all.isEmpty(), "roles", "are a principal's, which is missing");
        return new DescribedRequest(
                verb,
                path,
                peer,
                fields(headers == null ? "" : headers),
                parameters(query == null ? "" : query),
                name == null ? null : () -> name,
                all);
    }

    private static List<String> parts(String text, String separator) {
        return Arrays.stream(text.split(separator, -1))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    private static Map<String, List<String>> fields(String headers) {
        Map<String, List<String>> fields = new TreeMap<>();
        for (String line : parts(headers, "\\R")) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? line : line.substring(0, colon);
            require(
                    colon > 0 && TOKEN.matcher(name).matches(),
                    "headers",
                    "are text with one field a line, such as X-API-Key: abc");
            fields.computeIfAbsent(name.toLowerCase(Locale.ROOT), first -> new ArrayList<>())
                    .add(line.substring(colon + 1).strip());
        }
        return fields;
    }

    private static Map<String, String> parameters(String query) {
        try {
            return parts(query, "&").stream()
                    .map(pair -> pair.split("=", 2))
                    .collect(Collectors.toMap(
                            pair -> decoded(pair[0]),
                            pair -> pair.length < 2 ? "" : decoded(pair[1]),
                            (first, more) -> first));
        } catch (IllegalArgumentException malformed) {
            throw invalid("query", "is a query string, such as format=csv");
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static void require(boolean condition, String part, String form) {
        if (!condition) {
            throw invalid(part, form);
        }
    }

    private static IllegalArgumentException invalid(String part, String form) {
        return new IllegalArgumentException("The " + part + " of the request " + form);
    }

    @Override
    public List<String> headers(String name) {
        return fields.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public @Nullable String query(String name) {
        return parameters.get(name);
    }

    @Override
    public boolean hasRole(String role) {
        return roles.contains(role);
    }

    @Override
    public @Nullable Object attribute(String name) {
        return null;
    }

    @Override
    public void attribute(String name, @Nullable Object value) {}

    @Override
    public <T> @Nullable T unwrap(Class<T> type) {
        return type.isInstance(this) ? type.cast(this) : null;
    }
}
