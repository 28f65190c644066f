package io.headgate.servlet;

import io.headgate.Limiter;
import io.headgate.Ticker;
import io.headgate.http.FilterStats;
import io.headgate.http.HttpRequest;
import io.headgate.http.InvalidOptionException;
import io.headgate.http.NoAddress;
import io.headgate.http.Refusal;
import io.headgate.http.RequestLimiter;
import io.headgate.http.RequestLimiterBuilder;
import io.headgate.http.Settlement;
import io.headgate.http.Verdict;
import io.headgate.net.ClientAddress;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A servlet filter that answers 429 to clients that call too often, and tells every client how it stands.
 *
 * <p>Each client has a bucket of <dfn>permits</dfn> for each limit. A request takes one, or its {@link Builder#cost}.
 * Under {@code 10/second burst 20} a bucket holds 20, so a client may send 20 requests at once, which is the
 * <dfn>burst</dfn>, and 10 a second in the long run.
 *
 * <p>A request is charged once, at its first {@code REQUEST}, {@code FORWARD} or {@code ASYNC} dispatch. Register the
 * filter with {@code asyncSupported}, or {@code startAsync} fails in the servlets behind it:
 *
 * <pre>{@code
 * var limiter = Limiter.forAddresses(Limit.parse("10/second burst 20"), Limit.parse("500/hour")).build();
 * var filter = RateLimitFilter.builder(limiter)
 *         .rule(Rule.parse("login: POST /login/* 5/minute charge-on 4xx, 302 to /login?error"))
 *         .build();
 * var registration = servletContext.addFilter("limits", filter);
 * registration.setAsyncSupported(true);
 * registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST), false, "/*");
 * }</pre>
 *
 * <p>Instead of code, init-params can configure it: {@code limits}, {@code rules}, {@code trustedProxies} and more, as
 * docs/http.md lists them. An unknown or malformed one fails {@link #init}.
 *
 * <p>The request attribute {@value #ATTRIBUTE_PREFIX} followed by the filter's name holds the
 * {@link io.headgate.Decision}, for handlers and access logs; where no limiter decided it holds a word that says why
 * ({@code exempt}, {@code uncharged}, {@code unaddressed}, {@code failed-open}, {@code failed-closed}). Later
 * dispatches of a request that has the attribute go straight on. Filters of different names each charge.
 *
 * <p>Thread-safe. Never blocks, unless a function or a limiter of yours does.
 */
public final class RateLimitFilter implements Filter {

    /** What the name of the request attribute begins with; the filter's name follows. */
    public static final String ATTRIBUTE_PREFIX = "io.headgate.servlet.RateLimitFilter.";

    /**
     * The attribute of the servlet context in which filters that init-params configure find who knows the plans of keys: a
     * {@link io.headgate.plan.PlanSource} of text, or a {@link io.headgate.plan.PlanCache}, which they do not close. A
     * {@code ServletContextListener} sets it. Filters whose {@code key} is that of a client do not look there.
     */
    public static final String PLAN_SOURCE_ATTRIBUTE = "io.headgate.plans";

    private final LifeCycle lifeCycle;

    /** A filter that init-params configure. */
    public RateLimitFilter() {
        // With the clock of every other builder: limiters on another clock would not outlive a replacement.
        this(new Builder(), true);
    }

    RateLimitFilter(Ticker ticker) {
        this(new Builder().ticker(ticker), true);
    }

    private RateLimitFilter(Builder builder, boolean fromParameters) {
        lifeCycle = new LifeCycle(this, builder, fromParameters);
    }

    /**
     * Starts a filter that limits clients by address.
     *
     * @param limiter limits each client; from {@link Limiter#forAddresses}, unless IPv6 clients shall be told apart to
     *     the last bit. The filter does not close it
     * @return the builder
     */
    public static Builder builder(Limiter<ClientAddress> limiter) {
        return new Builder(limiter);
    }

    /**
     * Starts a filter that limits by what a function finds in the request: a principal, an API key, a tenant.
     *
     * @param limiter limits each key; the filter does not close it
     * @param key the key of a request. Null lets {@link Builder#noAddress} decide, of which {@link NoAddress#SHARED} is a
     *     failure here: return a key of your own for requests that share a bucket
     * @param <K> the type of the keys
     * @return the builder
     */
    public static <K> Builder builder(Limiter<K> limiter, Function<HttpServletRequest, @Nullable K> key) {
        Objects.requireNonNull(key, "key");
        return new Builder(limiter, request -> key.apply(servlet(request)));
    }

    /**
     * Starts a filter whose limits, or rules, are yet to be said. The filter makes their limiters, and closes them.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    private static HttpServletRequest servlet(HttpRequest request) {
        return Objects.requireNonNull(request.unwrap(HttpServletRequest.class));
    }

    @Override
    public void doFilter(ServletRequest anyRequest, ServletResponse anyResponse, FilterChain chain)
            throws IOException, ServletException {
        if (!(anyRequest instanceof HttpServletRequest servletRequest
                && anyResponse instanceof HttpServletResponse servletResponse)) {
            chain.doFilter(anyRequest, anyResponse);
            return;
        }
        LifeCycle.Running running = lifeCycle.running(servletRequest);
        RequestLimiter limits = running.limits();
        // One request costs once, however often it is dispatched, and keeps its verdict.
        if (!decidesAt(servletRequest, limits)) {
            chain.doFilter(servletRequest, servletResponse);
            return;
        }
        var request = new ServletHttpRequest(servletRequest);
        var response = new ServletHttpResponse(servletResponse);
        // May it pass? Then its permits are taken here, before anything is done for it.
        Verdict verdict = limits.decide(request);
        // The client learns how it stands, on allowed and denied alike, before the application can commit the response.
        limits.addFields(verdict, response);
        if (!verdict.passes()) {
            // 429, and the application never hears of it.
            Refusal refusal = limits.refusal(verdict, request, response);
            running.uploads()
                    .answer(
                            servletRequest,
                            servletResponse,
                            () -> running.refusal().write(servletRequest, servletResponse, verdict, refusal, limits));
            return;
        }
        Settlement settlement = limits.settlement(verdict, request, response);
        if (settlement == null) {
            chain.doFilter(servletRequest, servletResponse);
        } else {
            // The response decides whether the permits stay taken.
            new SettledChain(servletResponse, settlement).run(chain, servletRequest);
        }
    }

    /** Whether this is the dispatch that a request is charged at. */
    private static boolean decidesAt(HttpServletRequest request, RequestLimiter limits) {
        return switch (request.getDispatcherType()) {
            case REQUEST, FORWARD, ASYNC -> request.getAttribute(limits.attribute()) == null;
            // A refusal would land inside another response; the request behind it has been decided, or has failed.
            case INCLUDE, ERROR -> false;
        };
    }

    /**
     * What the filter has done.
     *
     * @return the counts since it was made
     */
    public FilterStats stats() {
        return lifeCycle.stats();
    }

    /**
     * What the filter decides with: its limiters, whom it denied, what it warned of. Starts a filter with a name of its own if
     * no container has.
     *
     * @return another one after {@link #replace}
     * @throws IllegalStateException if the container has not started the filter, and is to name or configure it
     */
    public RequestLimiter limits() {
        return lifeCycle.started().limits();
    }

    /**
     * Replaces the configuration while requests go on. Each request is decided by one configuration as a whole. The name and
     * the counts stay; so does what clients have taken, in limiters that both configurations share. The new configuration
     * holds also if the container ends the filter and starts it again: init-params are not read any more.
     *
     * @param configuration the new one
     * @throws InvalidOptionException if options contradict each other; then the old one stays
     * @throws IllegalStateException if another user of the registry has a limiter of one of the names, with other limits or
     *     settings; then the old one stays
     */
    public void replace(Builder configuration) {
        configuration.requireSound();
        lifeCycle.replace(configuration.copy());
    }

    /**
     * Adds one who is told of each {@link #replace}, and may ask for the new {@link #limits}.
     *
     * @param listener called by the thread that has replaced the configuration; what it throws, {@code replace} throws
     */
    public void onReplace(Runnable listener) {
        lifeCycle.onReplace(Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Names the filter and, if neither code has built it nor {@link #replace} was called, configures it.
     *
     * @throws ServletException if an init-param is unknown or malformed, or another filter of this name is in the
     *     context; the message has the value and the accepted form
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        lifeCycle.init(config);
    }

    /** Closes the limiters that the filter made, never one that was handed in, nor those in a registry that was. */
    @Override
    public void destroy() {
        lifeCycle.destroy();
    }

    /**
     * What a filter is made with. Not thread-safe; may be used again after {@link #build}.
     *
     * <pre>{@code
     * RateLimitFilter filter = RateLimitFilter.builder()
     *         .limits(Limit.perSecond(10).burst(20))
     *         .trustedProxies(AddressRange.parse("10.0.0.0/8"))
     *         .cost(request -> request.getMethod().equals("POST") ? 5 : 1)
     *         .build();
     * }</pre>
     */
    public static final class Builder extends RequestLimiterBuilder<Builder> {

        private @Nullable DeniedResponse onDenied;
        private @Nullable BiConsumer<HttpServletRequest, HttpServletResponse> refusalFields;

        private Builder() {}

        private Builder(Limiter<ClientAddress> limiter) {
            super(limiter);
        }

        private <K> Builder(Limiter<K> limiter, Function<HttpRequest, @Nullable K> key) {
            super(limiter, key);
        }

        private Builder(Builder other) {
            super(other);
            onDenied = other.onDenied;
            refusalFields = other.refusalFields;
        }

        /**
         * Tells how many permits a request takes. A negative number is a failure.
         *
         * @param cost 0 for a request that is not charged; always 1 by default
         * @return this
         */
        public Builder cost(ToLongFunction<HttpServletRequest> cost) {
            Objects.requireNonNull(cost, "cost");
            return costOf(request -> cost.applyAsLong(servlet(request)));
        }

        /**
         * Answers denied requests in place of the filter.
         *
         * @param onDenied writes status, content type and body
         * @return this
         */
        public Builder onDenied(DeniedResponse onDenied) {
            this.onDenied = Objects.requireNonNull(onDenied, "onDenied");
            return this;
        }

        /**
         * Adds header fields to refusals, such as those of CORS, by which a script of another origin may read why it was refused.
         *
         * @param fields called before the answer is written; must not block, nor write. What it throws is counted, and the answer goes
         *     out without
         * @return this
         */
        public Builder refusalFields(BiConsumer<HttpServletRequest, HttpServletResponse> fields) {
            this.refusalFields = Objects.requireNonNull(fields, "fields");
            return this;
        }

        /**
         * Makes the filter.
         *
         * @return the filter, to be registered with {@code asyncSupported}
         * @throws InvalidOptionException if options contradict each other, two rules have one name, or two limits of a rule
         */
        public RateLimitFilter build() {
            requireSound();
            return new RateLimitFilter(copy(), false);
        }

        @Override
        protected Builder self() {
            return this;
        }

        @Override
        protected void requireSound() {
            super.requireSound();
        }

        Builder copy() {
            return new Builder(this);
        }

        String nameOr(String other) {
            String name = name();
            return name == null ? other : name;
        }

        LifeCycle.Running start(String otherName, @Nullable RequestLimiter before) {
            RequestLimiter limits = open(otherName, ATTRIBUTE_PREFIX, before);
            return new LifeCycle.Running(limits, new RefusalWriter(onDenied, refusalFields), new UploadDrain(limits));
        }
    }
}
