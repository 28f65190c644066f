package io.headgate.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place within the application that a redirect may lead to, such as {@code /login?error}.
 *
 * @param path decoded, without the context path
 * @param parameters decoded parameters that the query has, among others: {@code name}, or {@code name=value}
 */
record RedirectTarget(String path, List<String> parameters) {

    static final String FORM = "/PATH[?NAME[=VALUE][&NAME...]]";

    private static final Pattern TARGET = Pattern.compile("/(?!/)[^\\s,;?#]*(\\?[^\\s,;?#]+)?");
    private static final Pattern PATH_PARAMETERS = Pattern.compile(";[^/]*");

    static RedirectTarget parse(String text) {
        if (!TARGET.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not where a redirect leads to; the form is " + FORM);
        }
        URI uri = uri(text);
        return new RedirectTarget(decoded(uri.getRawPath()), parameters(uri));
    }

    /**
     * Whether a {@code Location} leads here. Scheme, host, port, context path, path parameters and fragment do not count.
     *
     * @throws IllegalArgumentException if it cannot be read
     */
    boolean isReachedBy(String location, @Nullable HttpRequest request) {
        URI uri = uri(location.strip());
        if (uri.isOpaque()) {
            throw new IllegalArgumentException("a location without a path");
        }
        return path.equals(pathWithinApplication(uri, request))
                && parameters.stream()
                        .allMatch(wanted -> parameters(uri).stream()
                                .anyMatch(pair -> pair.equals(wanted) || pair.startsWith(wanted + "=")));
    }

    /** The path of a location, of which a relative one begins at the request's own: RFC 3986, section 5. */
    private static String pathWithinApplication(URI location, @Nullable HttpRequest request) {
        String context = request == null ? "" : decoded(request.contextPath());
        String own = request == null ? null : request.path();
        String base = context + (own == null ? "/" : own);
        String written = PATH_PARAMETERS.matcher(location.getRawPath()).replaceAll("");
        String path = decoded(written);
        if (location.getRawAuthority() != null) {
            path = path.isEmpty() ? "/" : path;
        } else if (!path.startsWith("/")) {
            path = path.isEmpty() ? base : base.substring(0, base.lastIndexOf('/') + 1) + path;
        }
        String normal = CanonicalPath.withoutDots(path);
        boolean within = normal.equals(context) || normal.startsWith(context + "/");
        String rest = within ? normal.substring(context.length()) : normal;
        return rest.isEmpty() ? "/" : rest;
    }

    private static List<String> parameters(URI uri) {
        String query = uri.getRawQuery();
        return query == null
                ? List.of()
                : Arrays.stream(query.split("&"))
                        .map(pair -> URLDecoder.decode(pair, StandardCharsets.UTF_8))
                        .toList();
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("\"" + text + "\" is not a location", e);
        }
    }

    /** A path with its percent signs decoded; a plus sign is itself there. */
    private static String decoded(@Nullable String path) {
        return path == null ? "" : URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
