package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;

/**
 * The filter of the rules that decide behind authentication. A type of its own, so that who looks for the filter of the starter finds
 * no other.
 */
final class AuthenticatedFilter implements Filter, DisposableBean {

    private final @Nullable RateLimitFilter filter;

    /** Lets everything pass if there is no such filter. */
    AuthenticatedFilter(@Nullable RateLimitFilter filter) {
        this.filter = filter;
    }

    /** What it limits with; null if nothing. */
    @Nullable
    RateLimitFilter filter() {
        return filter;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (filter == null) {
            chain.doFilter(request, response);
        } else {
            filter.doFilter(request, response, chain);
        }
    }

    @Override
    public void destroy() {
        if (filter != null) {
            filter.destroy();
        }
    }
}
