package io.headgate.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Where tests write what they measured: {@code target/measurements.txt} of their module, so that the build's log holds nothing but
 * the runners' lines. Lines of earlier runs stay until {@code mvn clean}; the newest are last.
 *
 * <p>Thread-safe. Several processes may write at once: each line is one write to the end of the file.
 */
public final class Measurements {

    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final StackWalker STACK = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private Measurements() {}

    /**
     * Appends a line, after the name of the class that calls this.
     *
     * @param format as of {@link String#format}, for {@link Locale#ROOT}; without the end of the line
     * @param arguments what the format shows
     */
    public static void print(String format, Object... arguments) {
        String line = STACK.getCallerClass().getNestHost().getSimpleName() + ": "
                + String.format(Locale.ROOT, format, arguments) + "\n";
        try {
            Files.createDirectories(TARGET);
            Files.writeString(
                    TARGET.resolve("measurements.txt"), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
