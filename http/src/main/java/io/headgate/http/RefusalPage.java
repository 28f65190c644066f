package io.headgate.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The page that a person sees whose request is refused, in one language. Its texts are a file of properties in UTF-8,
 * {@code META-INF/headgate/refusal_LANGUAGE.properties}, of which the application may have more. Nothing of the request is in it.
 * Immutable.
 */
final class RefusalPage {

    static final String CONTENT_TYPE = "text/html;charset=UTF-8";

    /** The page loads nothing, runs nothing, and is shown in no frame. */
    static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'";

    private static final Pattern LANGUAGE = Pattern.compile("[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?");
    private static final List<String> KEYS =
            List.of("title", "seconds", "minutes", "hours", "later", "unavailable.title", "unavailable");
    private static final long MINUTE = 60;
    private static final long HOUR = 60 * MINUTE;

    private final String language;
    private final Properties texts;

    private RefusalPage(String language, Properties texts) {
        this.language = language;
        this.texts = texts;
    }

    /** Loads the texts of a language, the application's own if it has some. Throws if there are none, or one is missing or malformed. */
    static RefusalPage load(String language) {
        if (!LANGUAGE.matcher(language).matches()) {
            throw new IllegalArgumentException(
                    "\"" + language + "\" is not a language; the form is a tag such as de or pt-BR");
        }
        String file = "META-INF/headgate/refusal_" + language + ".properties";
        RefusalPage page = new RefusalPage(language, read(file));
        for (String key : KEYS) {
            if (page.texts.getProperty(key) == null) {
                throw new IllegalArgumentException(file + " has no text for " + key);
            }
        }
        try {
            for (long seconds : new long[] {1, 2, 3 * MINUTE, 3 * HOUR}) {
                Objects.requireNonNull(page.html(true, OptionalLong.of(seconds)));
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(file + " has a malformed text: " + e.getMessage(), e);
        }
        return page;
    }

    private static Properties read(String file) {
        try (InputStream in = open(file)) {
            if (in == null) {
                throw new IllegalArgumentException("there is no " + file + " on the class path");
            }
            Properties texts = new Properties();
            texts.load(new InputStreamReader(in, StandardCharsets.UTF_8));
            return texts;
        } catch (IOException e) {
            throw new UncheckedIOException(file, e);
        }
    }

    private static @Nullable InputStream open(String file) {
        ClassLoader application = Thread.currentThread().getContextClassLoader();
        InputStream own = application == null ? null : application.getResourceAsStream(file);
        return own == null ? RefusalPage.class.getClassLoader().getResourceAsStream(file) : own;
    }

    String language() {
        return language;
    }

    /** The page, with the wait in seconds if there is one. Longer waits are told in minutes and hours, rounded up. */
    String html(boolean denied, OptionalLong seconds) {
        return denied
                ? page("title", seconds.isPresent() ? waitOf(seconds.getAsLong()) : text("later"))
                : page("unavailable.title", text("unavailable"));
    }

    private String page(String title, String sentence) {
        return String.format(Locale.ROOT, """
            <!DOCTYPE html>
            <html lang="%1$s">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>%2$s</title>
            <style>
            :root { color-scheme: light dark; }
            body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem; }
            </style>
            </head>
            <body>
            <h1>%2$s</h1>
            <p>%3$s</p>
            </body>
            </html>
            """, language, escaped(text(title)), escaped(sentence));
    }

    private String waitOf(long seconds) {
        if (seconds <= 2 * MINUTE) {
            return text("seconds", seconds);
        }
        return seconds <= 2 * HOUR
                ? text("minutes", roundedUp(seconds, MINUTE))
                : text("hours", roundedUp(seconds, HOUR));
    }

    private static long roundedUp(long seconds, long unit) {
        return seconds / unit + (seconds % unit == 0 ? 0 : 1);
    }

    private String text(String key, Object... values) {
        return new MessageFormat(texts.getProperty(key), Locale.forLanguageTag(language)).format(values);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
