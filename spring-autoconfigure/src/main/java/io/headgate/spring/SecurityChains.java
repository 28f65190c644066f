package io.headgate.spring;

import jakarta.servlet.Filter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.web.SecurityFilterChain;

/** Tells which filters Spring Security calls. Asked once all beans are there: its configuration must not be made earlier for us. */
final class SecurityChains {

    private final ObjectProvider<SecurityFilterChain> chains;

    SecurityChains(ObjectProvider<SecurityFilterChain> chains) {
        this.chains = chains;
    }

    boolean contain(Filter filter) {
        for (SecurityFilterChain chain : chains) {
            if (chain.getFilters().contains(filter)) {
                return true;
            }
        }
        return false;
    }
}
