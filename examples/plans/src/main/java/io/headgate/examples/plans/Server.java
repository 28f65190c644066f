package io.headgate.examples.plans;

import io.headgate.Limit;
import io.headgate.http.Plan;
import io.headgate.http.RequestKey;
import io.headgate.http.Tier;
import io.headgate.net.AddressRange;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** An embedded Tomcat on 127.0.0.1 that says hello to each client as often as its plan lets it. */
final class Server implements AutoCloseable {

    private final PlanCache<String> plans;
    private final Tomcat tomcat = new Tomcat();

    /**
     * Starts it.
     *
     * @param port where to listen; 0: anywhere
     * @param crawlers a file of ranges, as crawlers publish it
     */
    Server(int port, Customers customers, Path crawlers) throws LifecycleException {
        PlanSource<String> source = apiKey -> CompletableFuture.completedStage(customers.planOf(apiKey));
        plans = PlanCache.builder(source).refreshAfter(Duration.ofSeconds(1)).build();
        RateLimitFilter filter = RateLimitFilter.builder()
                .limits(Limit.perMinute(10)) // whoever comes without a key, or with one that nobody knows
                .key(RequestKey.parse("header X-API-Key"))
                .plan(
                        Plan.parse("partners: 50/minute ranges 198.51.100.0/24"),
                        Plan.unlimited("crawlers").rangesFile(crawlers),
                        Plan.parse("basic: 20/minute"),
                        Plan.parse("pro: 80/minute"))
                .tier(Tier.ipv6Networks("owner", 48, Limit.perMinute(30))) // whose /64s are clients of their own
                .planCache(plans)
                .trustedProxies(AddressRange.parse("127.0.0.1")) // the demonstration plays a proxy
                .build();

        tomcat.setBaseDir("target/tomcat");
        tomcat.setPort(port);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
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
        tomcat.stop();
        tomcat.destroy();
        plans.close();
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
