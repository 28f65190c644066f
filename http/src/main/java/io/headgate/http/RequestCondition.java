package io.headgate.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a request must have for a rule to be about it, beside its path and method. Immutable.
 *
 * <ul>
 *   <li>{@code header X-API-Key}: has this field; {@code header X-Client=mobile}: has it with this value;
 *   <li>{@code query format=csv}: has this parameter in its query string, with this value;
 *   <li>{@code role ADMIN}, {@code authenticated}, {@code anonymous};
 *   <li>{@code no} before any of the first three: has it not.
 * </ul>
 *
 * <p>A header field and a parameter are what the client wrote. Authentication and roles are known only behind it.
 *
 * @param negated whether the request must not have it
 * @param kind what kind of thing
 * @param name of the field, the parameter or the role; empty for authentication
 * @param value the whole value that it must have, blanks at both ends aside; null for any
 */
record RequestCondition(
        boolean negated, Kind kind, String name, @Nullable String value) {

    static final String FORM = "the form is [no] header NAME[=VALUE], [no] query NAME[=VALUE], [no] role NAME,"
            + " authenticated or anonymous";

    private static final Pattern BLANKS = Pattern.compile("\\s+");

    enum Kind {
        HEADER,
        QUERY,
        ROLE,
        AUTHENTICATED
    }

    /** Reads a condition. */
    static RequestCondition parse(String text) {
        List<String> words = new ArrayList<>(List.of(BLANKS.split(text.strip())));
        boolean negated = words.get(0).equals("no") && words.size() > 1;
        if (negated) {
            words.remove(0);
        }
        String kind = words.get(0);
        if (words.size() == 1 && !negated && (kind.equals("authenticated") || kind.equals("anonymous"))) {
            return new RequestCondition(kind.equals("anonymous"), Kind.AUTHENTICATED, "", null);
        }
        if (words.size() < 2 || !List.of("header", "query", "role").contains(kind)) {
            throw new IllegalArgumentException("\"" + text.strip() + "\" is not a condition; " + FORM);
        }
        String rest = String.join(" ", words.subList(1, words.size()));
        if (kind.equals("role")) {
            return new RequestCondition(negated, Kind.ROLE, rest, null);
        }
        int equals = rest.indexOf('=');
        String name = (equals < 0 ? rest : rest.substring(0, equals)).strip();
        String value = equals < 0 ? null : rest.substring(equals + 1).strip();
        if (name.isEmpty() || name.contains(" ")) {
            throw new IllegalArgumentException("\"" + text.strip() + "\" is not a condition; " + FORM);
        }
        return kind.equals("header")
                ? new RequestCondition(
                        negated, Kind.HEADER, HeaderName.require(name).toLowerCase(Locale.ROOT), value)
                : new RequestCondition(negated, Kind.QUERY, name, value);
    }

    boolean holds(HttpRequest request) {
        return has(request) != negated;
    }

    private boolean has(HttpRequest request) {
        return switch (kind) {
            case HEADER -> request.headers(name).stream().anyMatch(this::isMet);
            case QUERY -> {
                String found = request.query(name);
                yield found != null && isMet(found);
            }
            case ROLE -> request.hasRole(name);
            case AUTHENTICATED -> request.principal() != null;
        };
    }

    private boolean isMet(String found) {
        return value == null || found.strip().equals(value);
    }

    /** Whether clients can make it up as they like. */
    boolean isForgeable() {
        return kind == Kind.HEADER || kind == Kind.QUERY;
    }

    /** Whether only somebody who has been authenticated meets it. */
    boolean isVerified() {
        return needsPrincipal() && !negated;
    }

    boolean needsPrincipal() {
        return kind == Kind.ROLE || kind == Kind.AUTHENTICATED;
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        if (kind == Kind.AUTHENTICATED) {
            return negated ? "anonymous" : "authenticated";
        }
        return (negated ? "no " : "") + kind.name().toLowerCase(Locale.ROOT) + " " + name
                + (value == null ? "" : "=" + Objects.requireNonNull(value));
    }
}
