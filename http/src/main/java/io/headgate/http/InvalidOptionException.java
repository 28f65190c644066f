package io.headgate.http;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An option cannot have the value that it was given. The message names the option, the value and the accepted form. */
public final class InvalidOptionException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    private final Option option;
    private final @Nullable String value;
    private final String reason;

    InvalidOptionException(Option option, @Nullable Object value, String reason, @Nullable Throwable cause) {
        super(
                option + (value == null ? " is missing" : " cannot be \"" + value + "\"") + ": "
                        + Option.spelled(reason, Option::toString) + ". It accepts " + option.form(Option::toString)
                        + ".",
                cause);
        this.option = option;
        this.value = value == null ? null : value.toString();
        this.reason = reason;
    }

    /**
     * The option.
     *
     * @return as the adapters name it, each in its spelling
     */
    public Option option() {
        return option;
    }

    /**
     * The value that was given.
     *
     * @return null if it is missing
     */
    public @Nullable String value() {
        return value;
    }

    /**
     * Why it cannot be.
     *
     * @param spelling how options are called where they are set
     * @return part of a sentence
     */
    public String reason(Function<Option, String> spelling) {
        return Option.spelled(reason, spelling);
    }

    String reason() {
        return reason;
    }
}
