package io.headgate.http;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Answers what is refused in the form that the client prefers. Immutable. */
final class Refusals {

    private static final List<String> JSON = List.of("application/json", "application/*", "*/*");
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,18}");

    private final RefusalStyle style;
    /** The first is for who understands none of them. */
    private final List<RefusalPage> pages = new ArrayList<>();

    /** Loads the pages. Throws if there is none in one of the languages. */
    Refusals(RefusalStyle style, List<String> languages) {
        this.style = style;
        for (String language : languages) {
            pages.add(RefusalPage.load(language));
        }
    }

    RefusalStyle style() {
        return style;
    }

    /** The answer to a verdict that does not pass: a problem, or a page. The response has its {@code Retry-After} by now. */
    Refusal preferred(Verdict verdict, Refusal problem, HttpRequest request, HttpResponse response) {
        List<String> accept = style == RefusalStyle.PAGE ? request.headers("Accept") : List.of();
        if (accept.isEmpty()) {
            return problem;
        }
        Map<String, String> fields = new LinkedHashMap<>(Map.of("Vary", "Accept, Accept-Language"));
        RefusalPage page = prefersPage(accept) ? page(request.headers("Accept-Language")) : null;
        if (page == null) {
            return problem.with(fields);
        }
        fields.put("Content-Language", page.language());
        fields.put("Content-Security-Policy", RefusalPage.POLICY);
        String html = page.html(verdict.said() != null, seconds(response.header("Retry-After")));
        return new Refusal(problem.status(), RefusalPage.CONTENT_TYPE, html, fields);
    }

    private static OptionalLong seconds(@Nullable String retryAfter) {
        return retryAfter != null && SECONDS.matcher(retryAfter).matches()
                ? OptionalLong.of(Long.parseLong(retryAfter))
                : OptionalLong.empty();
    }

    /** Whether HTML is asked for in so many words, and preferred to JSON. */
    private static boolean prefersPage(List<String> lines) {
        WeightedList accept = WeightedList.parse(lines);
        if (accept == null) {
            return false;
        }
        double json = accept.elements().stream()
                .filter(element ->
                        JSON.contains(element.value()) || element.value().endsWith("+json"))
                .mapToDouble(WeightedList.Element::weight)
                .max()
                .orElse(0);
        return accept.weightOf("text/html") > json;
    }

    /** The page in the language that is preferred among those that there are; null if that cannot be read. */
    private @Nullable RefusalPage page(List<String> lines) {
        WeightedList languages = WeightedList.parse(lines);
        if (languages == null) {
            return null;
        }
        RefusalPage best = pages.get(0);
        double most = 0;
        for (WeightedList.Element wanted : languages.elements()) {
            RefusalPage page = wanted.weight() > most ? page(wanted.value(), languages) : null;
            if (page != null) {
                best = page;
                most = wanted.weight();
            }
        }
        return best;
    }

    /** The page for a range; that for {@code *} is the first that no other range is for. */
    private @Nullable RefusalPage page(String range, WeightedList languages) {
        if (!range.equals("*")) {
            return page(range);
        }
        List<RefusalPage> named = new ArrayList<>();
        languages.elements().forEach(element -> named.add(page(element.value())));
        return pages.stream().filter(page -> !named.contains(page)).findFirst().orElse(null);
    }

    /** By lookup, RFC 4647, section 3.4: {@code de-AT} finds {@code de}. */
    private @Nullable RefusalPage page(String range) {
        for (String tag = range; !tag.isEmpty(); tag = tag.substring(0, Math.max(0, tag.lastIndexOf('-')))) {
            for (RefusalPage page : pages) {
                if (page.language().toLowerCase(Locale.ROOT).equals(tag)) {
                    return page;
                }
            }
        }
        return null;
    }
}
