package io.headgate.containers.run;

import io.headgate.containers.App;
import io.headgate.containers.Container;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat.FixContextListener;
import org.apache.coyote.http2.Http2Protocol;
import org.apache.tomcat.util.descriptor.web.ErrorPage;

/** Tomcat, 10.1 or 11 by the class path. */
final class Tomcat implements Container {

    private final Consumer<Context> more;

    Tomcat() {
        this(context -> {});
    }

    /** With something of Tomcat's own in the application. */
    Tomcat(Consumer<Context> more) {
        this.more = more;
    }

    @Override
    public Server start(App app) throws Exception {
        Path home = Files.createTempDirectory("headgate-tomcat");
        var tomcat = new org.apache.catalina.startup.Tomcat();
        tomcat.setBaseDir(home.toString());
        tomcat.setPort(0);
        tomcat.setSilent(true);
        Connector connector = tomcat.getConnector();
        // A thread of the application may still write to a response whose client has reset the connection, when Tomcat
        // hands the objects on to the next request. That is Tomcat's trap, not what is tested here.
        connector.setProperty("processorCache", "0");
        // As long, such a thread may wait for a socket that is gone, and its request does not end.
        connector.setProperty("connectionTimeout", "10000");
        connector.addUpgradeProtocol(new Http2Protocol());
        Context context = tomcat.addContext("", new File(".").getAbsolutePath());
        context.addLifecycleListener(new FixContextListener());
        context.addServletContainerInitializer((classes, servlets) -> app.deploy(servlets), null);
        more.accept(context);
        app.errorPages().forEach((status, path) -> {
            ErrorPage page = new ErrorPage();
            page.setErrorCode(status);
            page.setLocation(path);
            context.addErrorPage(page);
        });
        Server server = new Server() {
            @Override
            public int port() {
                return connector.getLocalPort();
            }

            @Override
            public void stop() throws Exception {
                tomcat.stop();
                tomcat.destroy();
                try (var files = Files.walk(home)) {
                    files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
                }
            }
        };
        try {
            tomcat.start();
        } catch (LifecycleException e) {
            server.stop();
            throw e;
        }
        // Tomcat only logs that a filter failed to start.
        if (!context.getState().isAvailable()) {
            server.stop();
            throw new IllegalStateException("the application did not start: " + context.getStateName());
        }
        return server;
    }

    @Override
    public Set<String> spellingsOfLogin() {
        return Set.of(
                "/login",
                "//login",
                "/login;jsessionid=1",
                "/;x=1/login",
                "/%6cogin",
                "/%6Cogin",
                "/a/../login",
                "/a/%2e%2e/login",
                "/./login",
                "/login?x=/other",
                "/.;/login");
    }
}
