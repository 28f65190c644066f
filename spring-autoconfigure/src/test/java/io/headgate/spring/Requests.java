package io.headgate.spring;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.ServletException;
import java.io.IOException;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.mock.web.MockFilterChain;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Requests to the filter that an application has registered. */
final class Requests {

    private Requests() {}

    static int status(ApplicationContext context, String address) {
        MockHttpServletRequest request = new MockHttpServletRequest("GET", "/hello");
        request.setServletPath("/hello");
        request.setRemoteAddr(address);
        return status(context, request);
    }

    static int status(ApplicationContext context, MockHttpServletRequest request) {
        MockHttpServletResponse response = new MockHttpServletResponse();
        try {
            registration(context).getFilter().doFilter(request, response, new MockFilterChain());
        } catch (IOException | ServletException e) {
            throw new AssertionError(e);
        }
        return response.getStatus();
    }

    static FilterRegistrationBean<?> registration(ApplicationContext context) {
        return context.getBeansOfType(FilterRegistrationBean.class).values().stream()
                .filter(registration -> registration.getFilter() instanceof RateLimitFilter)
                .findFirst()
                .orElseThrow();
    }
}
