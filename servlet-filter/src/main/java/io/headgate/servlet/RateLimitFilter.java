package io.headgate.servlet;

import io.headgate.Limiter;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
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
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A servlet filter that answers 429 to clients that call too often, and tells every client how it stands.
 *
 * <p>A request is charged once, at its first {@code REQUEST}, {@code FORWARD} or {@code ASYNC} dispatch. Register the
 * filter with {@code asyncSupported}, or {@code startAsync} fails in the servlets behind it:
 *
 * <pre>{@code
 * var limiter = Limiter.forAddresses(Limit.parse("10/second burst 20"), Limit.parse("500/hour")).build();
 * var filter = RateLimitFilter.builder(limiter)
 *         .rule(Rule.parse("login: POST /login/* 5/minute charge-on 401"))
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

    private final Counters counters = new Counters();
    private final LifeCycle lifeCycle;

    /** A filter that init-params configure. */
    public RateLimitFilter() {
        this(System::nanoTime);
    }

    RateLimitFilter(Ticker ticker) {
        lifeCycle = new LifeCycle(this, config -> new FilterParameters(config).read(ticker), null, counters);
    }

    private RateLimitFilter(Settings settings) {
        lifeCycle = new LifeCycle(this, config -> settings, settings, counters);
    }

    /**
     * Starts a filter that limits clients by address.
     *
     * @param limiter limits each client; from {@link Limiter#forAddresses}, unless IPv6 clients shall be told apart to
     *     the last bit. The filter does not close it
     * @return the builder
     */
    public static Builder builder(Limiter<ClientAddress> limiter) {
        return new Builder(new Settings(Target.clients(Objects.requireNonNull(limiter, "limiter")), List.of()));
    }

    /**
     * Starts a filter that limits by what a function finds in the request: a principal, an API key, a tenant.
     *
     * @param limiter limits each key; the filter does not close it
     * @param key the key of a request. Null lets {@link Builder#noAddress} decide, of which {@code SHARED} is a failure
     *     here: return a key of your own for requests that share a bucket
     * @param <K> the type of the keys
     * @return the builder
     */
    public static <K> Builder builder(Limiter<K> limiter, Function<HttpServletRequest, @Nullable K> key) {
        Target<K> target = Target.keys(Objects.requireNonNull(limiter, "limiter"), Objects.requireNonNull(key, "key"));
        return new Builder(new Settings(target, List.of()));
    }

    /** A builder of what init-params say; its filter is not built but started. */
    static Builder builder(Settings settings) {
        return new Builder(settings);
    }

    @Override
    public void doFilter(ServletRequest anyRequest, ServletResponse anyResponse, FilterChain chain)
            throws IOException, ServletException {
        if (!(anyRequest instanceof HttpServletRequest request
                && anyResponse instanceof HttpServletResponse response)) {
            chain.doFilter(anyRequest, anyResponse);
            return;
        }
        Gate gate = lifeCycle.gate(request);
        // One request costs once, however often it is dispatched, and keeps its verdict.
        if (!gate.decidesAt(request)) {
            chain.doFilter(request, response);
            return;
        }
        Verdict verdict;
        try {
            // Whose request is it? Only hops that the configuration trusts have a say.
            ClientAddress address = gate.resolve(request);
            // May it pass? Then its permits are taken before anything is done for it.
            verdict = gate.decide(request, address);
        } catch (Throwable failure) {
            // Our own trouble, or that of a function we were given, is answered as configured. The chain runs outside
            // of this block: whatever it throws is the application's, and nothing runs it twice.
            verdict = gate.failed(failure);
        }
        gate.remember(request, verdict);
        // The client learns how it stands, on allowed and denied alike, before the application can commit the response.
        gate.headers.write(response, verdict);
        if (!verdict.outcome().passes()) {
            // 429, and the application never hears of it.
            gate.refusal.write(request, response, verdict);
        } else if (verdict.isConditional()) {
            // The response decides whether the permits stay taken.
            gate.settlement(response, verdict).run(chain, request);
        } else {
            chain.doFilter(request, response);
        }
    }

    /**
     * What the filter has done.
     *
     * @return the counts since it was made
     */
    public FilterStats stats() {
        return counters.snapshot();
    }

    /**
     * Names the filter and, if it was not built in code, configures it.
     *
     * @throws ServletException if an init-param is unknown or malformed, or another filter of this name is in the
     *     context; the message has the value and the accepted form
     */
    @Override
    public void init(FilterConfig config) throws ServletException {
        lifeCycle.init(config);
    }

    /** Closes the limiters that the filter made, never one that was handed in. */
    @Override
    public void destroy() {
        lifeCycle.destroy();
    }

    /** What a filter is made with. Not thread-safe; may be used again after {@link #build}. */
    public static final class Builder {

        private final Settings settings;

        private Builder(Settings settings) {
            this.settings = settings;
        }

        /**
         * Tells whose address counts.
         *
         * @param resolver the resolver; {@link ClientAddressResolver#remoteAddress} by default
         * @return this
         */
        public Builder resolver(ClientAddressResolver resolver) {
            settings.resolver = Objects.requireNonNull(resolver, "resolver");
            return this;
        }

        /**
         * Says what happens to a request without an address, or without a key.
         *
         * @param noAddress {@link NoAddress#SHARED} by default
         * @return this
         */
        public Builder noAddress(NoAddress noAddress) {
            settings.noAddress = Objects.requireNonNull(noAddress, "noAddress");
            return this;
        }

        /**
         * Adds rules. The first one that matches a request decides, in place of the general limits. Rules limit by
         * address, whatever the key of the general limits is.
         *
         * @param rules after those that were added before
         * @return this
         */
        public Builder rule(Rule... rules) {
            settings.rules.addAll(List.of(rules));
            return this;
        }

        /**
         * Adds addresses that are never limited, such as those of health checks. They get no header fields.
         *
         * @param ranges in addition to those that were added before
         * @return this
         */
        public Builder exempt(AddressRange... ranges) {
            settings.exempt.addAll(List.of(ranges));
            return this;
        }

        /**
         * Tells how many permits a request takes. A negative number is a failure.
         *
         * @param cost 0 for a request that is not charged; always 1 by default
         * @return this
         */
        public Builder cost(ToLongFunction<HttpServletRequest> cost) {
            settings.cost = Objects.requireNonNull(cost, "cost");
            return this;
        }

        /**
         * Chooses the header fields.
         *
         * @param headers {@link Headers#DRAFT} by default
         * @return this
         */
        public Builder headers(Headers headers) {
            settings.headers = Objects.requireNonNull(headers, "headers");
            return this;
        }

        /**
         * Spreads the return of clients that were refused at one instant.
         *
         * @param most up to how much is added to {@code Retry-After}, at random; zero, the default, for none
         * @return this
         * @throws IllegalArgumentException if the duration is negative or longer than a day
         */
        public Builder retryAfterJitter(Duration most) {
            if (most.isNegative() || most.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException("the jitter of Retry-After must be zero to a day, not " + most);
            }
            settings.retryAfterJitter = most;
            return this;
        }

        /**
         * Says whether CORS pre-flight requests pass uncounted: {@code OPTIONS} with {@code Origin} and
         * {@code Access-Control-Request-Method}.
         *
         * @param skipPreflight false by default
         * @return this
         */
        public Builder skipPreflight(boolean skipPreflight) {
            settings.skipPreflight = skipPreflight;
            return this;
        }

        /**
         * Answers denied requests in place of the filter.
         *
         * @param onDenied writes status, content type and body
         * @return this
         */
        public Builder onDenied(DeniedResponse onDenied) {
            settings.onDenied = Objects.requireNonNull(onDenied, "onDenied");
            return this;
        }

        /**
         * Says whether the filter only decides, counts and sends header fields, and never denies.
         *
         * @param dryRun false by default
         * @return this
         */
        public Builder dryRun(boolean dryRun) {
            settings.dryRun = dryRun;
            return this;
        }

        /**
         * Charges by the response: permits are given back for those that are not to be charged.
         *
         * @param chargeOn tells which responses are charged; all by default
         * @return this
         */
        public Builder chargeOn(ChargeOn chargeOn) {
            settings.chargeOn = Objects.requireNonNull(chargeOn, "chargeOn");
            return this;
        }

        /**
         * Says what happens to a request when the limiter, the resolver or a function of yours fails.
         *
         * @param onFailure {@link OnFailure#ALLOW} by default
         * @return this
         */
        public Builder onFailure(OnFailure onFailure) {
            settings.onFailure = Objects.requireNonNull(onFailure, "onFailure");
            return this;
        }

        /**
         * Names the filter, for its request attribute and the log. Unique within a servlet context.
         *
         * @param name not blank; the container's name of the filter by default
         * @return this
         * @throws IllegalArgumentException if the name is blank
         */
        public Builder name(String name) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("the name of a filter must not be blank");
            }
            settings.name = name;
            return this;
        }

        /**
         * Makes the filter.
         *
         * @return the filter, to be registered with {@code asyncSupported}
         * @throws IllegalArgumentException if two rules have one name, or two limits of a rule
         */
        public RateLimitFilter build() {
            settings.requireSound();
            return new RateLimitFilter(settings.copy());
        }
    }
}
