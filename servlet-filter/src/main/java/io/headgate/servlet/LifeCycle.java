package io.headgate.servlet;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Starts and ends a filter's {@link Gate}, and keeps its name. Thread-safe. */
final class LifeCycle {

    /** Where the settings come from when the container starts the filter. */
    @FunctionalInterface
    interface Source {
        Settings settings(FilterConfig config) throws ServletException;
    }

    private static final String UNNAMED = "headgate";

    private final RateLimitFilter filter;
    private final Source source;
    /** What a filter has that is called without having been started; null if it cannot do without. */
    private final @Nullable Settings settings;

    private final Counters counters;
    /** Held while the gate is made or closed; a request that finds one never takes it. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Null until the filter starts. Read by every request, written with {@link #lock} held. */
    private volatile @Nullable Gate gate;
    /** Whether the gate was closed: it still decides for requests that come late. Guarded by {@link #lock}. */
    private boolean ended;
    /** Where the name is taken; null before init and after destroy. Guarded by {@link #lock}. */
    private @Nullable ServletContext context;

    LifeCycle(RateLimitFilter filter, Source source, @Nullable Settings settings, Counters counters) {
        this.filter = filter;
        this.source = source;
        this.settings = settings;
        this.counters = counters;
    }

    Gate gate(ServletRequest request) {
        Gate running = gate;
        return running == null ? start(request.getServletContext()) : running;
    }

    /** Starts a filter that no container started: security frameworks call filters of their own that way. */
    private Gate start(@Nullable ServletContext context) {
        lock.lock();
        try {
            // Double-check: another request may have been faster.
            Gate running = gate;
            if (running == null) {
                if (settings == null) {
                    throw new IllegalStateException(
                            "the filter has no configuration: call init, or make it with RateLimitFilter.builder");
                }
                running = new Gate(settings, settings.nameOr(freeName(context)), counters);
                if (context != null) {
                    context.setAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + running.name, filter);
                }
                this.context = context;
                gate = running;
            }
            return running;
        } finally {
            lock.unlock();
        }
    }

    void init(FilterConfig config) throws ServletException {
        lock.lock();
        try {
            Gate running = ended ? null : gate;
            if (running != null && settings == null) {
                throw new ServletException("the filter \"" + running.name
                        + "\" is configured already; make one filter for each registration with init-params");
            }
            Settings said = source.settings(config);
            String name = running != null ? running.name : said.nameOr(config.getFilterName());
            occupy(config.getServletContext(), name);
            if (running == null) {
                gate = new Gate(said, name, counters);
                ended = false;
            }
        } finally {
            lock.unlock();
        }
    }

    void destroy() {
        lock.lock();
        try {
            Gate running = gate;
            if (running != null) {
                running.close();
                if (context != null) {
                    context.removeAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + running.name);
                }
            }
            ended = true;
            context = null;
        } finally {
            lock.unlock();
        }
    }

    /** A name that no other filter of the context has, for one that nobody gave a name. */
    private static String freeName(@Nullable ServletContext context) {
        String name = UNNAMED;
        for (int i = 2; context != null && context.getAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + name) != null; i++) {
            name = UNNAMED + "-" + i;
        }
        return name;
    }

    /** Sees to it that a name means one filter: another would let pass what this one has seen. */
    private void occupy(ServletContext context, String name) throws ServletException {
        String attribute = RateLimitFilter.ATTRIBUTE_PREFIX + name;
        Object other = context.getAttribute(attribute);
        if (other != null && other != filter) {
            throw new ServletException("two rate limit filters in one context have the name \"" + name
                    + "\"; give one of them another name");
        }
        context.setAttribute(attribute, filter);
        this.context = context;
    }
}
