package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.Filter;
import java.util.HashSet;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.web.SecurityFilterChain;

/** Finds the filters that Spring Security calls. Asked once all beans are there: its configuration must not be made earlier for us. */
final class SecurityChains {

    private final ObjectProvider<SecurityFilterChain> chains;

    SecurityChains(ObjectProvider<SecurityFilterChain> chains) {
        this.chains = chains;
    }

    /** Those that limit. */
    Set<RateLimitFilter> filters() {
        Set<RateLimitFilter> found = new HashSet<>();
        for (SecurityFilterChain chain : chains) {
            for (Filter filter : chain.getFilters()) {
                if (filter instanceof RateLimitFilter limiting) {
                    found.add(limiting);
                }
            }
        }
        return found;
    }
}
