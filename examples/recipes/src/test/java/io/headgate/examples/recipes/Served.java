package io.headgate.examples.recipes;

import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/** A filter before a servlet on a Tomcat: {@code /404} answers 404, {@code /wait} waits until {@link #release}. */
final class Served implements AutoCloseable {

    private final Tomcat tomcat = new Tomcat();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final CountDownLatch released = new CountDownLatch(1);
    private final CountDownLatch waiting;

    /** With so many requests to {@code /wait} that {@link #awaitWaiting} waits for. */
    Served(RateLimitFilter filter, int waiting) throws LifecycleException {
        this.waiting = new CountDownLatch(waiting);
        tomcat.setBaseDir("target/tomcat");
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        StandardContext context = (StandardContext) tomcat.addContext("", null);
        context.setParentClassLoader(Served.class.getClassLoader());
        context.setClearReferencesRmiTargets(false);
        context.setClearReferencesThreadLocals(false);
        Tomcat.addServlet(context, "site", new Site()).addMapping("/");
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

    int get(String path, String... headers) throws IOException, InterruptedException {
        return client.send(request("GET", path, headers), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    int post(String path) throws IOException, InterruptedException {
        return client.send(request("POST", path), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    CompletableFuture<Integer> begin(String path) {
        return client.sendAsync(request("GET", path), HttpResponse.BodyHandlers.discarding())
                .thenApply(HttpResponse::statusCode);
    }

    void awaitWaiting() throws InterruptedException {
        if (!waiting.await(30, TimeUnit.SECONDS)) {
            throw new AssertionError("still to come: " + waiting.getCount());
        }
    }

    void release() {
        released.countDown();
    }

    private HttpRequest request(String method, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.noBody());
        return (headers.length == 0 ? request : request.headers(headers)).build();
    }

    @Override
    public void close() throws LifecycleException {
        released.countDown();
        tomcat.stop();
        tomcat.destroy();
    }

    private final class Site extends HttpServlet {

        private static final long serialVersionUID = 1;

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getServletPath()) {
                case "/404" -> response.setStatus(404);
                case "/login" -> response.setStatus(401);
                case "/wait" -> {
                    waiting.countDown();
                    try {
                        released.await(60, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        throw new IOException(e);
                    }
                }
                default -> response.setStatus(200);
            }
        }
    }
}
