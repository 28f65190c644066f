package io.headgate.containers.run;

import org.eclipse.jetty.ee10.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;

/** Servlet 6.0: ee10 and ee11 have the same classes, each in a package of its own. */
final class Ee {

    static final class Context extends ServletContextHandler {
        Context() {
            super("/", SESSIONS);
        }
    }

    static final class ErrorPages extends ErrorPageErrorHandler {}

    private Ee() {}
}
