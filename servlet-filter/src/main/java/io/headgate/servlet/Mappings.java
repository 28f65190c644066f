package io.headgate.servlet;

import io.headgate.http.RequestLimiter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** Which requests reach a filter, and who is behind it, as far as the registrations of a context tell. Pure functions. */
final class Mappings {

    private Mappings() {}

    /** Lets rules be warned of that no request of this filter can match. What a context does not tell is not held against a rule. */
    static void tell(RequestLimiter limits, ServletContext context, String filterName) {
        FilterRegistration own;
        Set<String> behind;
        try {
            own = context.getFilterRegistration(filterName);
            behind = behind(context);
        } catch (RuntimeException notTold) {
            return;
        }
        if (own == null || own.getUrlPatternMappings().isEmpty()) {
            return;
        }
        if (own.getServletNameMappings().isEmpty()) {
            tell(limits, own.getUrlPatternMappings(), "the filter is mapped to %s alone");
        }
        if (!behind.isEmpty()) {
            tell(limits, behind, "servlets and other filters are mapped to %s alone");
        }
    }

    private static void tell(RequestLimiter limits, Collection<String> patterns, String why) {
        limits.expectOnly(patterns, String.format(why, String.join(", ", new TreeSet<>(patterns))));
    }

    private static Set<String> behind(ServletContext context) {
        Set<String> behind = new TreeSet<>();
        for (ServletRegistration servlet : context.getServletRegistrations().values()) {
            behind.addAll(servlet.getMappings());
        }
        for (FilterRegistration filter : context.getFilterRegistrations().values()) {
            if (!RateLimitFilter.class.getName().equals(filter.getClassName())) {
                behind.addAll(filter.getUrlPatternMappings());
            }
        }
        return behind;
    }
}
