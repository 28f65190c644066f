package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What a handler that mends paths makes of one. */
class CanonicalPathTest {

    /** Spellings of {@code /login}. */
    static final List<String> LOGIN = List.of(
            "//login",
            "///login",
            "/;x=y/login",
            "/%2flogin",
            "/%2Flogin",
            "/a/../login",
            "/a/b/../../login",
            "/../login",
            "/../../login",
            "/./login",
            "/././login",
            "/login;x=y",
            "/login;jsessionid=1;a=b",
            "/login;",
            "/%6cogin",
            "/%6Cogin",
            "/%256cogin",
            "/%25256cogin",
            "\\login",
            "/a\\..\\login",
            "/%5clogin",
            "/a/%2e%2e/login",
            "/a/.%2e/login",
            "/a/%252e%252e/login",
            "/%2e/login",
            "/a/..;x=y/login",
            "/.;x=y/login",
            "/login%3bx=y",
            "/login ",
            "/login%20",
            "/login%09",
            "/LOGIN",
            "/loGin",
            // One letter each for Character.toLowerCase or equalsIgnoreCase, and so for handlers that ignore case.
            "/LOG\u0130N",
            "/log\u0131n",
            "login");

    @Example
    void everyTwoPathsThatAreEqualIgnoringCaseAreOne() {
        for (char c = 1; c < Character.MAX_VALUE; c++) {
            String path = "/a" + c;
            for (String other : List.of(
                    "/a" + Character.toLowerCase(c),
                    "/a" + Character.toUpperCase(c),
                    "/a" + Character.toTitleCase(c))) {
                assertThat(CanonicalPath.anyCase(path)).isEqualTo(CanonicalPath.anyCase(other));
            }
        }
    }

    @Example
    void everySpellingOfLoginIsLogin() {
        for (String path : LOGIN) {
            assertThat(CanonicalPath.of(path)).as(path).isEqualTo("/login");
        }
    }

    @Example
    void everyCapitalIsALetterOfTheOtherCase() {
        assertThat(CanonicalPath.of("/A")).isEqualTo("/a");
        assertThat(CanonicalPath.of("/Z")).isEqualTo("/z");
    }

    @Example
    void aSlashAtTheEndIsKept() {
        for (String path : List.of("//login/", "/login;x=y/", "/login/.", "/login/a/..", "/login/;x=y", "/login%2f")) {
            assertThat(CanonicalPath.of(path)).as(path).isEqualTo("/login/");
        }
        for (String path : List.of("/", "//", "", ".", "..", "/..", "/../..", "/a/..", "/;x", "%2f", "\\")) {
            assertThat(CanonicalPath.of(path)).as(path).isEqualTo("/");
        }
    }

    @Example
    void whatIsNotAnEncodingStaysAsItIs() {
        assertThat(CanonicalPath.of("/100%")).isEqualTo("/100%");
        assertThat(CanonicalPath.of("/100%/a")).isEqualTo("/100%/a");
        assertThat(CanonicalPath.of("/%zz%2")).isEqualTo("/%zz%2");
        assertThat(CanonicalPath.of("/%c3%a4//\u00e4\ud83d\ude00")).isEqualTo("/\u00e4/\u00e4\ud83d\ude00");
        assertThat(CanonicalPath.of("/%ff")).isEqualTo("/\ufffd");
        assertThat(CanonicalPath.of("/.well-known/a.b/..c/d..")).isEqualTo("/.well-known/a.b/..c/d..");
    }

    @Example
    void whoEncodesMoreThanThriceIsNotFollowed() {
        assertThat(CanonicalPath.of("/%25256cogin")).isEqualTo("/login");
        assertThat(CanonicalPath.of("/%2525256cogin")).isEqualTo("/%6cogin");
    }

    private static final Pattern ENCODED = Pattern.compile("%([0-9a-fA-F]{2})");

    /** How often the text can be decoded until that changes nothing, for ASCII. */
    private static int encodings(String text) {
        String decoded = ENCODED.matcher(text).replaceAll(found -> {
            int c = Integer.parseInt(found.group(1), 16);
            return Matcher.quoteReplacement(String.valueOf((char) c));
        });
        return decoded.equals(text) ? 0 : 1 + encodings(decoded);
    }

    @Provide
    Arbitrary<String> paths() {
        return Arbitraries.of(
                        "/", "/", "//", ".", "..", "/../", ";", ";x=y", "%", "%2f", "%2F", "%25", "%252f", "%2e", "%5c",
                        "\\", "a", "login", "%6c", "%41", "2f", "25", "?", "#", " ", ".css", "%3b", "%c3%a4", "\u00e4")
                .list()
                .ofMaxSize(12)
                .map(pieces -> String.join("", pieces));
    }

    @Property(tries = 5_000, seed = "1")
    void mendingOnceIsEnough(@ForAll("paths") String path) {
        Assume.that(encodings(path) <= 3);
        String once = CanonicalPath.of(path);
        assertThat(CanonicalPath.of(once)).isEqualTo(once);
    }

    @Property(tries = 5_000, seed = "1")
    void theResultHasNothingThatAHandlerWouldMend(@ForAll("paths") String path) {
        Assume.that(encodings(path) <= 3);
        String canonical = CanonicalPath.of(path);
        assertThat(canonical).startsWith("/").doesNotContain("//", ";", "\\", "/./", "/../");
        assertThat(canonical.endsWith("/.") || canonical.endsWith("/..")).isFalse();
        assertThat(encodings(canonical)).isZero();
    }

    @Provide
    Arbitrary<String> canonicalPaths() {
        Arbitrary<String> segments = Arbitraries.strings()
                .withChars("abz019-_~!$&'()*+,=:@.")
                .ofMinLength(1)
                .ofMaxLength(8)
                .map(segment -> segment.startsWith(".") ? "x" + segment : segment);
        return segments.list().ofMaxSize(6).map(list -> "/" + String.join("/", list));
    }

    @Property(tries = 2_000, seed = "1")
    void whatIsCanonicalIsTheSameObject(@ForAll("canonicalPaths") String path, @ForAll boolean slash) {
        String whole = slash && path.length() > 1 ? path + "/" : path;
        assertThat(CanonicalPath.of(whole)).isSameAs(whole);
    }

    /** Ways to write a path that a handler which mends paths reads as that path. */
    @Provide
    Arbitrary<String> oddSpellings() {
        Arbitrary<List<String>> between = Arbitraries.of(
                        "/", "//", "/./", "/x/../", "/;a=b/", "/%2e/", "/x/%2e%2e/", "%2f", "%252f", "\\", "/.;a/")
                .list()
                .ofSize(3);
        return between.map(separators -> separators.get(0)
                + "static"
                + separators.get(1)
                + "login"
                + (separators.get(2).length() % 2 == 0 ? ";a=b" : "%3ba"));
    }

    @Property(tries = 2_000, seed = "1")
    void everyMixtureOfSpellingsIsUnderstood(@ForAll("oddSpellings") String path) {
        assertThat(CanonicalPath.of(path)).isEqualTo("/static/login");
    }

    @Property(tries = 2_000, seed = "1")
    void anEncodedPathIsThePath(@ForAll("canonicalPaths") String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            encoded.append(String.format(Locale.ROOT, "%%%02x", b));
        }
        String twice = encoded.toString().replace("%", "%25");
        assertThat(CanonicalPath.of(encoded.toString())).isEqualTo(path);
        assertThat(CanonicalPath.of(twice)).isEqualTo(path);
        assertThat(CanonicalPath.of(twice.replace("%", "%25"))).isEqualTo(path);
    }
}
