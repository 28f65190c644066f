package io.headgate.http;

import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Says what looks misconfigured, each thing once. Thread-safe. */
final class Warnings {

    private final String name;
    /** How an option is called where it was set. */
    private final Function<Option, String> spelling;

    private final Map<Warning, String> said = new ConcurrentHashMap<>();

    Warnings(String name, Function<Option, String> spelling) {
        this.name = name;
        this.spelling = spelling;
    }

    /** Whether there is no point in looking for this any more. */
    boolean isSaid(Warning warning) {
        return said.containsKey(warning);
    }

    /** What was said, without its codes. */
    Map<Warning, String> said() {
        return Map.copyOf(said);
    }

    /** Says this of one more thing. */
    void also(Warning warning, @Nullable Object... seen) {
        String text = String.format(Locale.ROOT, spelled(warning.text), seen);
        said.merge(warning, text, (before, more) -> before.contains(more) ? before : before + "; " + more);
        log(Level.WARNING, warning.code() + ": " + text);
    }

    void once(Warning warning, @Nullable Object... seen) {
        String text = String.format(Locale.ROOT, spelled(warning.text), seen);
        if (said.putIfAbsent(warning, text) == null) {
            log(Level.WARNING, warning.code() + ": " + text);
        }
    }

    /** A text with its options as they are called where they were set. */
    String spelled(String text) {
        return Option.spelled(text, spelling);
    }

    /** That requests are denied now is not said: whether any reach the filter, it does not know. */
    void started(boolean deniesNobody, String what, long bytesNow, long bytesAtMost) {
        log(
                Level.INFO,
                String.format(
                        Locale.ROOT,
                        "%s%s; its limiters take %.2f MB of memory now and %.2f MB at most",
                        deniesNobody ? "dry run, denies nobody; " : "",
                        what,
                        bytesNow / 1e6,
                        bytesAtMost / 1e6));
    }

    private void log(Level level, String message) {
        RequestLimiter.log(level, () -> "Rate limit filter \"" + name + "\": " + message);
    }
}
