package io.headgate.proxies;

import io.headgate.containers.App;
import io.headgate.containers.Container;
import java.io.File;
import java.net.InetAddress;
import java.util.Set;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.ProtocolHandler;
import org.apache.coyote.ajp.AjpNioProtocol;
import org.apache.coyote.http11.Http11NioProtocol;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.ProxyConnectionFactory;
import org.eclipse.jetty.server.ServerConnector;

/** A server as it stands behind a proxy, by what the two of them speak. */
enum Backend implements Container {
    /** Jetty. */
    HTTP {
        @Override
        public Server start(App app) throws Exception {
            var jetty = new org.eclipse.jetty.server.Server();
            return jetty(jetty, new ServerConnector(jetty), app);
        }
    },

    /** Jetty, which is told by the PROXY protocol who the peer is. */
    PROXY_PROTOCOL {
        @Override
        public Server start(App app) throws Exception {
            var jetty = new org.eclipse.jetty.server.Server();
            return jetty(
                    jetty, new ServerConnector(jetty, new ProxyConnectionFactory(), new HttpConnectionFactory()), app);
        }
    },

    /** Tomcat. */
    TOMCAT {
        @Override
        public Server start(App app) throws Exception {
            Http11NioProtocol protocol = new Http11NioProtocol();
            protocol.setAddress(InetAddress.getLoopbackAddress());
            return tomcat(protocol, app);
        }
    },

    /** Tomcat, which is told by AJP who the peer is. */
    AJP {
        @Override
        public Server start(App app) throws Exception {
            AjpNioProtocol protocol = new AjpNioProtocol();
            protocol.setAddress(InetAddress.getLoopbackAddress());
            protocol.setSecretRequired(false);
            return tomcat(protocol, app);
        }
    };

    static Backend of(Fixture fixture) {
        return switch (fixture.get("backend")) {
            case "ajp" -> AJP;
            case "proxy-protocol" -> PROXY_PROTOCOL;
            default -> HTTP;
        };
    }

    private static Server jetty(org.eclipse.jetty.server.Server jetty, ServerConnector connector, App app)
            throws Exception {
        connector.setHost("127.0.0.1");
        jetty.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServletContainerInitializer((classes, servlets) -> app.deploy(servlets));
        jetty.setHandler(context);
        jetty.start();
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

    private static Server tomcat(ProtocolHandler protocol, App app) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir("target/tomcat");
        tomcat.setSilent(true);
        Connector connector = new Connector(protocol);
        connector.setPort(0);
        tomcat.setConnector(connector);
        Context context = tomcat.addContext("", new File(".").getAbsolutePath());
        context.addServletContainerInitializer((classes, servlets) -> app.deploy(servlets), null);
        tomcat.start();
        // Tomcat only logs that a filter failed to start.
        if (!context.getState().isAvailable()) {
            tomcat.destroy();
            throw new IllegalStateException("the application did not start: " + context.getStateName());
        }
        return new Server() {
            @Override
            public int port() {
                return connector.getLocalPort();
            }

            @Override
            public void stop() throws Exception {
                tomcat.stop();
                tomcat.destroy();
            }
        };
    }

    @Override
    public Set<String> spellingsOfLogin() {
        return Set.of("/login");
    }
}
