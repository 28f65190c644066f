package io.headgate.faults;

import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An object made anew, one operation on it, and what must hold after a fault has ended that operation. */
public interface Scenario {

    /** Makes the object and brings it into its state. */
    @FunctionalInterface
    interface Source extends Supplier<Scenario> {}

    /**
     * One of many scenarios.
     *
     * @param subject what fails: its points are counted together
     * @param name all that tells the scenario apart
     * @param source makes it, as often as it is needed
     */
    record Named(String subject, String name, Source source) {}

    /** The operation. Runs once; a fault may end it anywhere. */
    void run();

    /** What the same thread does next, if that matters. */
    default void goOn() {}

    /**
     * Looks at everything, in another thread.
     *
     * @param fault what ended the operation, null if nothing did
     * @throws AssertionError if somebody was harmed
     */
    void check(@Nullable Throwable fault);

    /** Much cheaper than AssertJ's, for it is asked a million times, and by an interpreter. */
    static void require(boolean condition, String what, @Nullable Object... arguments) {
        if (!condition) {
            throw new AssertionError(String.format(Locale.ROOT, what, arguments));
        }
    }
}
