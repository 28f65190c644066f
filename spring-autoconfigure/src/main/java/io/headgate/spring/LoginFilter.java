package io.headgate.spring;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.core.Ordered;

/** Lets the thread of each dispatch know whose {@link LoginOutcome} it sees. */
final class LoginFilter implements Filter {

    /**
     * Puts it around everything: wherever in the chain a password is checked, the request is known. It is no
     * {@code FilterRegistrationBean}, so that who looks for the one of the starter finds no other.
     */
    static final class Registration implements ServletContextInitializer, Ordered {

        private final boolean enabled;

        Registration(boolean enabled) {
            this.enabled = enabled;
        }

        @Override
        public void onStartup(ServletContext container) {
            if (enabled) {
                FilterRegistration.Dynamic filter = container.addFilter("headgateLogins", new LoginFilter());
                filter.setAsyncSupported(true);
                filter.addMappingForUrlPatterns(
                        EnumSet.of(
                                DispatcherType.REQUEST,
                                DispatcherType.ASYNC,
                                DispatcherType.FORWARD,
                                DispatcherType.ERROR),
                        false,
                        "/*");
            }
        }

        @Override
        public int getOrder() {
            return Ordered.HIGHEST_PRECEDENCE;
        }
    }

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
