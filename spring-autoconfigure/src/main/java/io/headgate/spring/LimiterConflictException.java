package io.headgate.spring;

import java.util.List;
import java.util.stream.Collectors;

/** The limiter of all requests cannot be told. The message names the beans; {@link #action} says what resolves it. */
final class LimiterConflictException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final String action;

    private LimiterConflictException(String message, String action) {
        super(message);
        this.action = action;
    }

    static LimiterConflictException ofBeans(List<String> names) {
        return new LimiterConflictException(
                "The limiter beans "
                        + names.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(" and "))
                        + " are each asked to limit all requests, and only one of them can.",
                "Take the name \"" + LimiterBeans.NAME + "\" or the qualifier \"" + LimiterBeans.QUALIFIER
                        + "\" from all of them but one.");
    }

    static LimiterConflictException withLimits(String name) {
        return new LimiterConflictException(
                "The limiter bean \"" + name + "\" is asked to limit all requests, and headgate.limits is set too.",
                "Remove headgate.limits, or take the name \"" + LimiterBeans.NAME + "\" or the qualifier \""
                        + LimiterBeans.QUALIFIER + "\" from the bean.");
    }

    static LimiterConflictException ofOtherKeys(String name) {
        return new LimiterConflictException(
                "The limiter bean \"" + name
                        + "\" is asked to limit all requests, and its keys are not client addresses.",
                "Declare it as a Limiter<ClientAddress>, or take the name \"" + LimiterBeans.NAME
                        + "\" or the qualifier \"" + LimiterBeans.QUALIFIER + "\" from it.");
    }

    /** What resolves it. */
    String action() {
        return action;
    }
}
