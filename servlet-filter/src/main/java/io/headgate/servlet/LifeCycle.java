package io.headgate.servlet;

import io.headgate.http.FilterStats;
import io.headgate.http.InvalidOptionException;
import io.headgate.http.RequestLimiter;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Starts and ends what a filter decides with, and keeps its name. Thread-safe. */
final class LifeCycle {

    /**
     * A filter at work. One request is decided by one of them, whatever is replaced meanwhile.
     *
     * @param limits decides
     * @param refusal answers those that do not pass
     * @param uploads says when
     */
    record Running(RequestLimiter limits, RefusalWriter refusal, UploadDrain uploads) {}

    private static final String UNNAMED = "headgate";

    private final RateLimitFilter filter;
    /** Whether the builder is still to be filled from init-params: not once it was replaced. Guarded by {@link #lock}. */
    private boolean fromParameters;
    /** What the filter is made with. Guarded by {@link #lock}. */
    private RateLimitFilter.Builder builder;
    /** Held while the filter is started, replaced or ended; a request that finds one running never takes it. */
    private final ReentrantLock lock = new ReentrantLock();
    /** Null until the filter starts. Read by every request, written with {@link #lock} held. */
    private volatile @Nullable Running running;
    /** Whether it was closed: it still decides for requests that come late. Guarded by {@link #lock}. */
    private boolean ended;
    /** Told after each replacement. */
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    /** Where the name is taken; null before init and after destroy. Guarded by {@link #lock}. */
    private @Nullable ServletContext context;
    /** What the container calls it; null if no container has started it. Guarded by {@link #lock}. */
    private @Nullable String registration;

    LifeCycle(RateLimitFilter filter, RateLimitFilter.Builder builder, boolean fromParameters) {
        this.filter = filter;
        this.builder = builder;
        this.fromParameters = fromParameters;
    }

    Running running(ServletRequest request) {
        Running now = running;
        return now == null ? start(request.getServletContext()) : now;
    }

    /** Starts it before there is any request, if it need not wait for the container's name for it. */
    Running started() {
        Running now = running;
        if (now != null) {
            return now;
        }
        if (builder().nameOr("").isEmpty()) {
            throw new IllegalStateException(
                    "the filter has not been started, and has no name of its own: call init first");
        }
        return start(null);
    }

    private RateLimitFilter.Builder builder() {
        lock.lock();
        try {
            return builder;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    RequestLimiter limits() {
        Running now = running;
        return now == null ? null : now.limits();
    }

    FilterStats stats() {
        RequestLimiter limits = limits();
        return limits == null ? FilterStats.NONE : limits.stats();
    }

    /** Starts a filter that no container started: security frameworks call filters of their own that way. */
    private Running start(@Nullable ServletContext context) {
        lock.lock();
        try {
            // Double-check: another request may have been faster.
            Running now = running;
            if (now == null) {
                if (fromParameters) {
                    throw new IllegalStateException(
                            "the filter has no configuration: call init, or make it with RateLimitFilter.builder");
                }
                String name = builder.nameOr(freeName(context));
                if (context != null) {
                    requireFree(context, name);
                }
                now = builder.start(name, null);
                if (context != null) {
                    context.setAttribute(now.limits().attribute(), filter);
                }
                this.context = context;
                running = now;
            }
            return now;
        } finally {
            lock.unlock();
        }
    }

    void init(FilterConfig config) throws ServletException {
        lock.lock();
        try {
            RequestLimiter working = ended ? null : limits();
            if (working != null && fromParameters) {
                throw new ServletException("the filter \"" + working.name()
                        + "\" is configured already; make one filter for each registration with init-params");
            }
            RateLimitFilter.Builder from = builder;
            if (fromParameters) {
                from = builder.copy();
                InitParameters.read(config, from);
            }
            String name = working == null ? from.nameOr(config.getFilterName()) : working.name();
            requireFree(config, name);
            Running now = running;
            if (working == null || now == null) {
                now = start(from, name, config);
                running = now;
                ended = false;
            }
            context = config.getServletContext();
            registration = config.getFilterName();
            Mappings.tell(now.limits(), context, registration);
            context.setAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + name, filter);
        } finally {
            lock.unlock();
        }
    }

    /** Goes on with another configuration, under the same name and with the same counts. */
    void replace(RateLimitFilter.Builder other) {
        lock.lock();
        try {
            RequestLimiter before = limits();
            String name = before == null ? builder.nameOr("") : before.name();
            if (!name.isEmpty()) {
                other.name(name);
            }
            if (before != null && !ended) {
                Running next = other.start(name, before);
                running = next;
                before.giveWayTo(next.limits());
                if (context != null && registration != null) {
                    Mappings.tell(next.limits(), context, registration);
                }
            }
            builder = other;
            fromParameters = false;
        } finally {
            lock.unlock();
        }
        listeners.forEach(Runnable::run);
    }

    void onReplace(Runnable listener) {
        listeners.add(listener);
    }

    void destroy() {
        lock.lock();
        try {
            RequestLimiter limits = limits();
            if (limits != null) {
                limits.close();
                if (context != null) {
                    context.removeAttribute(limits.attribute());
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

    private void requireFree(FilterConfig config, String name) throws ServletException {
        try {
            requireFree(config.getServletContext(), name);
        } catch (IllegalStateException taken) {
            throw new ServletException(taken.getMessage());
        }
    }

    /** Some mistakes are seen only when the name of the filter is known. */
    private Running start(RateLimitFilter.Builder from, String name, FilterConfig config) throws ServletException {
        try {
            return from.start(name, limits());
        } catch (InvalidOptionException e) {
            throw InitParameters.mistake(e, config);
        }
    }

    /** Sees to it that a name means one filter: another would let pass what this one has seen. */
    private void requireFree(ServletContext context, String name) {
        Object other = context.getAttribute(RateLimitFilter.ATTRIBUTE_PREFIX + name);
        if (other != null && other != filter) {
            throw new IllegalStateException("two rate limit filters in one context have the name \"" + name
                    + "\"; give one of them another name");
        }
    }
}
