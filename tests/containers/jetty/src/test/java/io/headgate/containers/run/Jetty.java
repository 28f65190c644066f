package io.headgate.containers.run;

import io.headgate.containers.App;
import io.headgate.containers.Container;
import java.util.Set;
import java.util.function.Consumer;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.ThreadPool;
import org.jspecify.annotations.Nullable;

/** Jetty 12.1; {@link Ee} says with which Servlet API. */
final class Jetty implements Container {

    private final Consumer<HttpConfiguration> more;
    private final @Nullable ThreadPool threads;

    Jetty() {
        this(http -> {});
    }

    /** With another configuration of the connector. */
    Jetty(Consumer<HttpConfiguration> more) {
        this(more, null);
    }

    /** On threads of one's own; null for Jetty's usual ones. */
    Jetty(Consumer<HttpConfiguration> more, @Nullable ThreadPool threads) {
        this.more = more;
        this.threads = threads;
    }

    @Override
    public Server start(App app) throws Exception {
        var jetty = new org.eclipse.jetty.server.Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        more.accept(http);
        ServerConnector connector = new ServerConnector(
 jetty, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
        jetty.addConnector(connector);
        Ee.Context context = new Ee.Context();
        context.addServletContainerInitializer((classes, servlets) -> app.deploy(servlets));
        Ee.ErrorPages errors = new Ee.ErrorPages();
        app.errorPages().forEach(errors::addErrorPage);
        context.setErrorHandler(errors);
        jetty.setHandler(context);
        // Stop lets the requests finish that are under way.
        jetty.setStopTimeout(60_000);
        try {
            jetty.start();
        } catch (Exception e) {
            jetty.stop();
            throw e;
        }
        return new Server() {
            @Override
            public int port() {
                return connector.getLocalPort();
            }

            @Override
            public void stop() throws Exception {
                jetty.stop();
            }
        };
    }

    @Override
    public Set<String> spellingsOfLogin() {
        return Set.of(
                "/login", "/login;jsessionid=1", "/%6cogin", "/%6Cogin", "/a/../login", "/./login", "/login?x=/other");
    }
}
