package io.headgate.http;

/** A path pattern in the syntax of servlet mappings. Immutable. */
final class RulePattern {

    private static final String FORM = "the forms are those of servlet mappings: an exact path such as /login, /api/*"
            + " for /api and everything below it, *.css for an extension, and / or /* for everything";

    private enum Kind {
        ALL,
        EXACT,
        PREFIX,
        EXTENSION
    }

    private final Kind kind;
    /** The part that is compared: the path, the path before the last slash, or the dot and the extension. */
    private final String part;

    private RulePattern(Kind kind, String part) {
        this.kind = kind;
        this.part = part;
    }

    static RulePattern parse(String text) {
        if (text.equals("/") || text.equals("/*")) {
            return new RulePattern(Kind.ALL, "");
        }
        if (text.startsWith("*.")) {
            String extension = text.substring(2);
            require(!extension.isEmpty() && !hasAny(extension, "*/.{}?#;%"), text);
            return new RulePattern(Kind.EXTENSION, "." + extension);
        }
        boolean prefix = text.endsWith("/*");
        String path = prefix ? text.substring(0, text.length() - 2) : text;
        // The rest of what other frameworks allow would be compared letter by letter and silently never match.
        require(path.startsWith("/") && !hasAny(path, "*{}?#;%"), text);
        return new RulePattern(prefix ? Kind.PREFIX : Kind.EXACT, path);
    }

    /** Whether the pattern covers a path, decoded and within the application. */
    boolean matches(String path) {
        return switch (kind) {
            case ALL -> true;
            case EXACT -> path.equals(part);
            case PREFIX ->
                path.startsWith(part) && (path.length() == part.length() || path.charAt(part.length()) == '/');
            case EXTENSION -> path.endsWith(part);
        };
    }

    /** Whether every path of another pattern is one of this. */
    boolean covers(RulePattern other) {
        return switch (kind) {
            case ALL -> true;
            case EXACT -> other.kind == Kind.EXACT && other.part.equals(part);
            case PREFIX -> (other.kind == Kind.EXACT || other.kind == Kind.PREFIX) && matches(other.part);
            case EXTENSION -> (other.kind == Kind.EXACT || other.kind == Kind.EXTENSION) && matches(other.part);
        };
    }

    /** Whether a path may be one of both. */
    boolean overlaps(RulePattern other) {
        return switch (kind) {
            case ALL -> true;
            case EXACT -> other.matches(part);
            case PREFIX ->
                other.kind == Kind.EXTENSION || other.kind == Kind.ALL || matches(other.part) || other.matches(part);
            case EXTENSION ->
                other.kind == Kind.EXACT ? matches(other.part) : other.kind != Kind.EXTENSION || isSuffix(other);
        };
    }

    private boolean isSuffix(RulePattern other) {
        return part.endsWith(other.part) || other.part.endsWith(part);
    }

    boolean isExtension() {
        return kind == Kind.EXTENSION;
    }

    private static boolean hasAny(String text, String characters) {
        return text.chars().anyMatch(c -> characters.indexOf(c) >= 0 || c <= ' ');
    }

    private static void require(boolean condition, String text) {
        if (!condition) {
            throw new IllegalArgumentException("\"" + text + "\" is not a path pattern; " + FORM);
        }
    }
}
