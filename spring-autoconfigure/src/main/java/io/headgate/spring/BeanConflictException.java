package io.headgate.spring;

import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Beans that take a place of which there is one. The message names them; {@link #action} says what resolves it. */
final class BeanConflictException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    private final String action;

    private BeanConflictException(String message, String action) {
        super(message);
        this.action = action;
    }

    /** Several beans of a type that takes the place of ours. */
    static BeanConflictException several(Class<?> type, @Nullable Collection<String> names) {
        return new BeanConflictException(
                "The beans " + quoted(Objects.requireNonNullElse(names, List.of())) + " are each a "
                        + type.getSimpleName() + ", and only one can take the place of Headgate's.",
                "Remove all of them but one, or make one of them @Primary.");
    }

    /** Several filters, and none of them is put anywhere. */
    static BeanConflictException severalFilters(Collection<String> names) {
        return new BeanConflictException(
                "The beans " + quoted(names) + " are each a RateLimitFilter, and only one can be put into Headgate's"
                        + " registration.",
                "Make one of them @Primary, or give each a FilterRegistrationBean<RateLimitFilter> that says where it comes.");
    }

    static BeanConflictException severalLimiters(Collection<String> names) {
        return new BeanConflictException(
                "The limiter beans " + quoted(names)
                        + " are each asked to limit all requests, and only one of them can.",
                "Take the name \"" + LimiterBeans.NAME + "\" or the qualifier \"" + LimiterBeans.QUALIFIER
                        + "\" from all of them but one, or make one of them @Primary.");
    }

    static BeanConflictException limiterWithLimits(String name) {
        return new BeanConflictException(
                "The limiter bean \"" + name + "\" is asked to limit all requests, and headgate.limits is set too.",
                "Remove headgate.limits, or take the name \"" + LimiterBeans.NAME + "\" or the qualifier \""
                        + LimiterBeans.QUALIFIER + "\" from the bean.");
    }

    static BeanConflictException limiterOfOtherKeys(String name) {
        return new BeanConflictException(
                "The limiter bean \"" + name
                        + "\" is asked to limit all requests, and its keys are not client addresses.",
                "Declare it as a Limiter<ClientAddress>, or take the name \"" + LimiterBeans.NAME
                        + "\" or the qualifier \"" + LimiterBeans.QUALIFIER + "\" from it.");
    }

    static BeanConflictException sourceAndCache(Collection<String> names) {
        return new BeanConflictException(
                "The beans " + quoted(names)
                        + " are a PlanSource and a PlanCache of text, and only one of them can tell the plans of keys.",
                "Remove the PlanCache, and Headgate makes one of the source; or hide the source in the method that makes the"
                        + " cache.");
    }

    static BeanConflictException withoutCaffeine(String name) {
        return new BeanConflictException(
                "The bean \"" + name
                        + "\" is a PlanSource, and the library that keeps the plans that it tells, Caffeine, is not on the class"
                        + " path.",
                "Add the dependency com.github.ben-manes.caffeine:caffeine, whose version Spring Boot manages, or remove the"
                        + " bean.");
    }

    private static String quoted(Collection<String> names) {
        return names.stream().map(name -> "\"" + name + "\"").collect(Collectors.joining(" and "));
    }

    /** What resolves it. */
    String action() {
        return action;
    }
}
