package io.headgate.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The elements of {@code Accept} or {@code Accept-Language}, with what each is worth: RFC 9110, section 12.4.2.
 *
 * @param elements in their order
 */
record WeightedList(List<Element> elements) {

    /** What is longer, as browsers never are, is not looked at. */
    static final int MAX_CHARS = 1024;

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

    /** A value, and parameters of which only the weight is of interest; quoted ones are odd enough not to be read. */
    private static final Pattern ELEMENT = Pattern.compile("[ \t]*(" + TOKEN + "(?:/" + TOKEN + ")?)"
            + "(?:[ \t]*;[ \t]*(?:[qQ]=(0(?:\\.[0-9]{0,3})?|1(?:\\.0{0,3})?)|(?![qQ]=)" + TOKEN + "=" + TOKEN
            + "))*+[ \t]*");

    /**
     * One element.
     *
     * @param value a media range or a range of languages, in lower case
     * @param weight 0 to 1
     */
    record Element(String value, double weight) {}

    /** Reads all lines of a field; null if they are too long or have any other form. */
    static @Nullable WeightedList parse(List<String> lines) {
        int chars = 0;
        for (String line : lines) {
            chars += line.length();
        }
        if (chars > MAX_CHARS) {
            return null;
        }
        List<Element> elements = new ArrayList<>();
        for (String line : lines) {
            for (String part : line.split(",", -1)) {
                if (part.isBlank()) {
                    continue; // RFC 9110, section 5.6.1.2
                }
                Matcher element = ELEMENT.matcher(part);
                if (!element.matches()) {
                    return null;
                }
                String weight = element.group(2);
                elements.add(new Element(
                        element.group(1).toLowerCase(Locale.ROOT), weight == null ? 1 : Double.parseDouble(weight)));
            }
        }
        return new WeightedList(elements);
    }

    /** What a value is worth that is named in so many words; 0 if it is not. */
    double weightOf(String value) {
        return elements.stream()
                .filter(element -> element.value().equals(value))
                .mapToDouble(Element::weight)
                .max()
                .orElse(0);
    }
}
