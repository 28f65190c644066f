package io.headgate.examples.servlet;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.http.ClientAddressResolver;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collection;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** An embedded Tomcat on 127.0.0.1 that says hello, as often as the limit lets it. */
final class Server implements AutoCloseable {

    private final LocalLimiter<ClientAddress> limiter;
    private final Tomcat tomcat = new Tomcat();

    /**
     * Starts it.
     *
     * @param port where to listen; 0: anywhere
     * @param trusted proxies whose X-Forwarded-For counts; none: no header does
     */
    Server(int port, Limit limit, Collection<AddressRange> trusted) throws LifecycleException {
        limiter = Limiter.forAddresses(limit).name("hello").build();
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .resolver(
                        trusted.isEmpty()
                                ? ClientAddressResolver.remoteAddress()
                                : ClientAddressResolver.xForwardedFor(trusted))
                .build();

        tomcat.setBaseDir("target/tomcat");
        tomcat.setPort(port);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1"); // a client keeps its one connection
        StandardContext context = (StandardContext) tomcat.addContext("", null);
        context.setParentClassLoader(Server.class.getClassLoader());
        // The application ends with its process, so there is nothing that could leak from it.
        context.setClearReferencesRmiTargets(false);
        context.setClearReferencesThreadLocals(false);
        Tomcat.addServlet(context, "hello", new Hello()).addMapping("/");

        FilterDef definition = new FilterDef();
        definition.setFilterName("limits");
        definition.setFilter(filter);
        definition.setAsyncSupported("true");
        context.addFilterDef(definition);
        FilterMap mapping = new FilterMap();
        mapping.setFilterName("limits");
        mapping.addURLPattern("/*");
        context.addFilterMap(mapping);
        tomcat.start();
    }

    int port() {
        return tomcat.getConnector().getLocalPort();
    }

    void await() {
        tomcat.getServer().await();
    }

    @Override
    public void close() throws LifecycleException {
        limiter.close();
        tomcat.stop();
        tomcat.destroy();
    }

    private static final class Hello extends HttpServlet {

        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/plain");
            response.getWriter().println("hello");
        }
    }
}
