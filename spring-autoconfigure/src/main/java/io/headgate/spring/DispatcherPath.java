package io.headgate.spring;

import org.springframework.core.env.Environment;

/** Where Spring's {@code DispatcherServlet} is. Below it are all controllers, whose paths people write without it. */
final class DispatcherPath {

    private DispatcherPath() {}

    /** Such as {@code /app}; empty if it is at the root. */
    static String of(Environment environment) {
        return environment.getProperty("spring.mvc.servlet.path", "/").replaceFirst("/+$", "");
    }
}
