package io.headgate.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A place within the application that a redirect may lead to, such as {@code /login?error}.
 *
 * @param path mended, without the context path
 * @param parameters decoded parameters that the query has, among others: {@code name}, or {@code name=value}
 */
record RedirectTarget(String path, List<String> parameters) {

    static final String FORM = "/PATH[?NAME[=VALUE][&NAME...]]";

    private static final Pattern TARGET = Pattern.compile("/(?!/)[^\\s,;?#]*(\\?[^\\s,;?#]+)?");

    static RedirectTarget parse(String text) {
        if (!TARGET.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is not where a redirect leads to; the form is " + FORM);
        }
        URI uri = uri(text);
        return new RedirectTarget(mended(uri.getRawPath()), parameters(uri));
    }

    /**
     * Where a {@code Location} may lead, as targets are written. Scheme, host, port, context path, path parameters and fragment do not
     * count, and paths are mended as those of requests are: an application may make the location of what a client wrote. So
     * {@code //login} is read in two ways, of which the one with a host is for browsers.
     *
     * @throws IllegalArgumentException if it cannot be read
     */
    static List<RedirectTarget> readings(String location, @Nullable HttpRequest request) {
        URI uri = uri(location.strip());
        if (uri.isOpaque()) {
            throw new IllegalArgumentException("a location without a path");
        }
        List<RedirectTarget> readings = new ArrayList<>();
        readings.add(new RedirectTarget(pathWithinApplication(uri, request), parameters(uri)));
        if (uri.getScheme() == null && uri.getRawAuthority() != null) {
            String path = "/" + uri.getRawAuthority() + uri.getRawPath();
            readings.add(new RedirectTarget(withinApplication(path, request), parameters(uri)));
        }
        return readings;
    }

    /** Whether it is this place, with these parameters among others. */
    boolean isReachedBy(RedirectTarget location) {
        return path.equals(location.path)
                && parameters.stream()
                        .allMatch(wanted -> location.parameters.stream()
                                .anyMatch(pair -> pair.equals(wanted) || pair.startsWith(wanted + "=")));
    }

    /** The path of a location, of which a relative one begins at the request's own: RFC 3986, section 5. */
    private static String pathWithinApplication(URI location, @Nullable HttpRequest request) {
        String path = location.getRawPath();
        if (location.getRawAuthority() == null && !path.startsWith("/")) {
            String own = request == null ? null : request.path();
            String base = (request == null ? "" : request.contextPath()) + (own == null ? "/" : own);
            path = path.isEmpty() ? base : base.substring(0, base.lastIndexOf('/') + 1) + path;
        }
        return withinApplication(path, request);
    }

    private static String withinApplication(String path, @Nullable HttpRequest request) {
        String context = request == null ? "/" : mended(request.contextPath());
        String mended = mended(path);
        if (context.equals("/")) {
            return mended;
        }
        boolean within = mended.equals(context) || mended.startsWith(context + "/");
        String rest = within ? mended.substring(context.length()) : mended;
        return rest.isEmpty() ? "/" : rest;
    }

    /** Also without the slash at the end, and with letters of one case, as lenient handlers serve it. */
    private static String mended(String path) {
        String mended = CanonicalPath.of(path);
        return mended.endsWith("/") && mended.length() > 1 ? mended.substring(0, mended.length() - 1) : mended;
    }

    private static List<String> parameters(URI uri) {
        String query = uri.getRawQuery();
        return query == null
                ? List.of()
                : Arrays.stream(query.split("[&;]", -1))
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
}
