package io.headgate.spring;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Lets the thread of each dispatch know whose {@link LoginOutcome} it sees. Stands around everything, wherever a password is checked. */
final class LoginFilter implements Filter {

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        @Nullable LoginOutcome before = LoginOutcome.bind(LoginOutcome.of(request));
        try {
            chain.doFilter(request, response);
        } finally {
            LoginOutcome.bind(before);
        }
    }
}
