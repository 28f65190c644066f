package io.headgate.servlet;

import io.headgate.http.InvalidOptionException;
import io.headgate.http.Option;
import io.headgate.http.RequestKey;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** Reads the init-params of a filter: one for each {@link Option}. What is not there is left as the builder has it. */
final class InitParameters {

    private InitParameters() {}

    static void read(FilterConfig config, RateLimitFilter.Builder builder) throws ServletException {
        requireKnown(config);
        try {
            // In the order of the table: containers keep init-params in none.
            for (Option option : Option.values()) {
                String text = config.getInitParameter(option.toString());
                if (text != null) {
                    option.set(builder, text);
                }
            }
            readPlanSource(config, builder);
            builder.requireSound();
        } catch (InvalidOptionException e) {
            throw mistake(e, config);
        }
    }

    /** Who knows the plans of keys cannot be written as text: the application leaves it in the context. */
    @SuppressWarnings("unchecked") // of text, as the attribute's description says
    private static void readPlanSource(FilterConfig config, RateLimitFilter.Builder builder) throws ServletException {
        String key = config.getInitParameter(Option.KEY.toString());
        Object source = config.getServletContext().getAttribute(RateLimitFilter.PLAN_SOURCE_ATTRIBUTE);
        if (source == null || key == null || RequestKey.parse(key).equals(RequestKey.CLIENT)) {
            return;
        }
        if (source instanceof PlanSource<?>) {
            builder.planSource((PlanSource<String>) source);
        } else if (source instanceof PlanCache<?>) {
            builder.planCache((PlanCache<String>) source);
        } else {
            throw new ServletException("the attribute \"" + RateLimitFilter.PLAN_SOURCE_ATTRIBUTE
                    + "\" of the servlet context is of the type "
                    + source.getClass().getName()
                    + "; it accepts a PlanSource<String> or a PlanCache<String>");
        }
    }

    /** A mistake in an option, under the name of its init-param. */
    static ServletException mistake(InvalidOptionException e, FilterConfig config) {
        return new ServletException(message(e, config), e);
    }

    private static String message(InvalidOptionException e, FilterConfig config) {
        String name = "init-param \"" + e.option() + "\"";
        // As it was written, also where options that were read already do not go together.
        String written = config.getInitParameter(e.option().toString());
        String value = written == null ? e.value() : written;
        return value == null
                ? name + " is missing: " + e.reason(Option::toString) + "; the form is "
                        + e.option().form(Option::toString)
                : "malformed " + name + ": \"" + value + "\"; the form is "
                        + e.option().form(Option::toString) + " (" + e.reason(Option::toString) + ")";
    }

    private static void requireKnown(FilterConfig config) throws ServletException {
        List<String> known =
                Arrays.stream(Option.values()).map(Option::toString).toList();
        for (String name : Collections.list(config.getInitParameterNames())) {
            if (!known.contains(name)) {
                throw new ServletException(
                        "unknown init-param \"" + name + "\" with the value \"" + config.getInitParameter(name)
                                + "\"; those of a rate limit filter are "
                                + known.stream().sorted().collect(Collectors.joining(", ", "[", "]")));
            }
        }
    }
}
