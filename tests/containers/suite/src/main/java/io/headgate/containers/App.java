package io.headgate.containers;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** An application of filters and servlets, put together by a test. */
public final class App {

    /** What a servlet does. */
    @FunctionalInterface
    public interface Handler {
        void handle(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException;
    }

    /** What a filter does. */
    @FunctionalInterface
    public interface Step {
        void run(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws ServletException, IOException;
    }

    private final List<Consumer<ServletContext>> parts = new ArrayList<>();
    private final Map<Integer, String> errorPages = new LinkedHashMap<>();

    /** A filter on some paths, for requests from outside. */
    public App filter(String name, Filter filter, String... paths) {
        return filter(name, filter, Map.of(), EnumSet.of(DispatcherType.REQUEST), paths);
    }

    public App filter(
            String name, Filter filter, Map<String, String> params, Set<DispatcherType> dispatches, String... paths) {
        parts.add(context -> {
            FilterRegistration.Dynamic registration = context.addFilter(name, filter);
            registration.setAsyncSupported(true);
            registration.setInitParameters(params);
            registration.addMappingForUrlPatterns(EnumSet.copyOf(dispatches), true, paths);
        });
        return this;
    }

    /** A step before the filters that are added later. */
    public App step(String name, Step step) {
        return filter(
                name,
                (request, response, chain) ->
                        step.run((HttpServletRequest) request, (HttpServletResponse) response, chain),
                Map.of(),
                EnumSet.of(DispatcherType.REQUEST),
                "/*");
    }

    /** A step that was registered without support for asynchronous processing. */
    public App blockingStep(String name, Step step) {
        Filter filter = (request, response, chain) ->
                step.run((HttpServletRequest) request, (HttpServletResponse) response, chain);
        parts.add(context -> {
            FilterRegistration.Dynamic registration = context.addFilter(name, filter);
            registration.setAsyncSupported(false);
            registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), true, "/*");
        });
        return this;
    }

    /** What a listener of the application leaves for its filters. */
    public App attribute(String name, Object value) {
        parts.add(context -> context.setAttribute(name, value));
        return this;
    }

    public App servlet(String path, Handler handler) {
        parts.add(context -> {
            ServletRegistration.Dynamic registration = context.addServlet("at " + path, new HandlerServlet(handler));
            registration.setAsyncSupported(true);
            registration.addMapping(path);
        });
        return this;
    }

    /** A servlet that answers with a word. */
    public App answer(String path, String word) {
        return servlet(path, (request, response) -> write(response, word));
    }

    public App errorPage(int status, String path) {
        errorPages.put(status, path);
        return this;
    }

    /** For containers: adds the filters and servlets. */
    public void deploy(ServletContext context) {
        parts.forEach(part -> part.accept(context));
    }

    /** For containers: status to path. */
    public Map<Integer, String> errorPages() {
        return errorPages;
    }

    static void write(ServletResponse response, String word) throws IOException {
        response.setContentType("text/plain");
        response.getOutputStream().print(word);
    }

    private static final class HandlerServlet extends HttpServlet {

        private static final long serialVersionUID = 1L;

        private final transient Handler handler;

        HandlerServlet(Handler handler) {
            this.handler = handler;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response)
                throws ServletException, IOException {
            handler.handle(request, response);
        }
    }
}
