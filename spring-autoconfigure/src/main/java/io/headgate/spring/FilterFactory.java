package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.Overflow;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.ClientDenied;
import io.headgate.http.NoAddress;
import io.headgate.http.Option;
import io.headgate.http.Rule;
import io.headgate.http.Stage;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;

/**
 * Makes the filter of properties and beans. Where they have nothing to limit by, that filter lets everything pass: which bean
 * there is may have been decided when the application was built, and what it does is decided when it starts. Thread-safe.
 */
final class FilterFactory {

    /** Where Boot puts Spring Security, unless a property says otherwise. */
    private static final int SECURITY_ORDER = -100;

    /** The bean that is there with Spring Security: by its name, since its type needs that. */
    private static final String SECURITY = "headgateSecurityChains";

    /** The bean that is there if no filter of the application's own takes the place of ours. */
    private static final String FILTER = "headgateFilter";

    private static final Limit HEALTH_LIMIT = Limit.perSecond(10).burst(20).named(HeadgateProperties.HEALTH);

    private final HeadgateProperties properties;
    private final ConfiguredKeys keys;
    private final ListableBeanFactory beans;
    private final FailedLogin.@Nullable Doubts doubts;
    /** Written once, by the thread that starts the application; null if the application has a filter of its own. */
    private volatile @Nullable RateLimitFilter made;
    /** Behind authentication. Written once, by the thread that starts the application; null if nothing is limited there. */
    private volatile @Nullable RateLimitFilter authenticated;

    FilterFactory(HeadgateProperties properties, ConfiguredKeys keys, ListableBeanFactory beans) {
        this.properties = properties;
        this.keys = keys;
        this.beans = beans;
        this.doubts = beans.getBeanProvider(FailedLogin.Doubts.class).getIfUnique();
    }

    /** Throws what is wrong with the properties, whether or not a filter is made of them, and with filters. */
    void requireSound() {
        if (properties.enabled()) {
            boolean resolves = beans.getBeanNamesForType(ClientAddressResolver.class, true, false).length > 0;
            properties.requireSound(resolves, PlanBeans.exist(beans), doubts);
            if (beans.containsBean(SECURITY)) {
                properties.requireAuthentication(securityOrder());
            }
            // Also where nobody takes them: with a filter of the application's own, or nothing to limit.
            only(ClientAddressResolver.class);
            only(DeniedResponse.class);
            requirePlacedFilters();
        }
    }

    /** Boot would register several filters behind all others, in no order that anyone has chosen. */
    private void requirePlacedFilters() {
        String[] filters = beans.getBeanNamesForType(RateLimitFilter.class, true, false);
        // Ours is there for one filter, or for the primary one.
        String[] registrations = beans.getBeanNamesForType(
                ResolvableType.forClassWithGenerics(FilterRegistrationBean.class, RateLimitFilter.class), true, false);
        if (filters.length > 1 && registrations.length == 0) {
            throw BeanConflictException.severalFilters(List.of(filters));
        }
    }

    /** Whether the filter of properties and beans is to limit anything. */
    boolean hasSomethingToLimit() {
        return properties.enabled()
                && (keys.haveLimitsOrRules() || !LimiterBeans.asked(beans).isEmpty());
    }

    /** Whether it has something to limit as requests arrive. */
    private boolean hasSomethingAtArrival() {
        boolean isAllBehind =
                properties.limits().isEmpty() && properties.hasSecondFilter() && !properties.hasRules(Stage.ARRIVAL);
        return hasSomethingToLimit()
                && (!isAllBehind || !LimiterBeans.asked(beans).isEmpty());
    }

    /** Where Spring Security is, or would be. */
    int securityOrder() {
        return beans.getBean(Environment.class)
                .getProperty("spring.security.filter.order", Integer.class, SECURITY_ORDER);
    }

    /** Where the second filter is: right behind Spring Security, and behind the first filter in any case. */
    int orderBehindAuthentication() {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(securityOrder(), properties.order()) + 1L);
    }

    /** Whether a filter is ours. */
    boolean isOurs(RateLimitFilter filter) {
        return filter == made || filter == authenticated;
    }

    /** Whether a filter is in use: ours may have nothing to limit, and no filter has where they are disabled. */
    boolean isInUse(RateLimitFilter filter) {
        return filter == made ? hasSomethingAtArrival() : properties.enabled();
    }

    /** Makes the filter, once. */
    RateLimitFilter make(LimiterRegistry registry, Consumer<ClientDenied> events, @Nullable HealthPaths healthPaths) {
        RateLimitFilter filter = hasSomethingAtArrival()
                ? limiting(registry, events, healthPaths)
                : everythingPasses().name("headgate").build();
        made = filter;
        return filter;
    }

    /** Makes the filter behind authentication, once; null if nothing is limited there, or filters of the application's own limit. */
    @Nullable
    RateLimitFilter makeAuthenticated(
            LimiterRegistry registry, Consumer<ClientDenied> events, @Nullable HealthPaths healthPaths) {
        if (!hasSomethingToLimit() || !properties.hasSecondFilter() || !beans.containsBean(FILTER)) {
            return null;
        }
        if (properties.limits().isEmpty() && LimiterBeans.asked(beans).isEmpty()) {
            properties.requireLimitsBeside();
        }
        RateLimitFilter.Builder builder = RateLimitFilter.builder();
        configure(builder, Stage.AUTHENTICATED, registry, events);
        if (properties.stage() == Stage.AUTHENTICATED) {
            PlanBeans.configure(beans, builder);
            if (healthPaths != null && isHealthApart()) {
                // The first filter limits them, also those of a probe that logs in.
                builder.rule(health(Rule.unlimited("/*"), healthPaths));
            }
        }
        RateLimitFilter filter = HeadgateProperties.naming(builder::build);
        authenticated = filter;
        return filter;
    }

    private RateLimitFilter limiting(
            LimiterRegistry registry, Consumer<ClientDenied> events, @Nullable HealthPaths healthPaths) {
        Limiter<ClientAddress> own = LimiterBeans.general(beans, properties);
        RateLimitFilter.Builder builder = own == null ? RateLimitFilter.builder() : RateLimitFilter.builder(own);
        configure(builder, Stage.ARRIVAL, registry, events);
        if (properties.stage() == Stage.ARRIVAL) {
            PlanBeans.configure(beans, builder);
        }
        RateLimitFilter filter = HeadgateProperties.naming(builder::build);
        if (healthPaths == null || !isHealthApart()) {
            return filter;
        }
        // Added last, for two reasons: rules of the application come first, and alone it is nothing to limit.
        builder.rule(health(healthRule(), healthPaths));
        return HeadgateProperties.naming(builder::build);
    }

    /** Whether health paths are not under the limits of the application. */
    private boolean isHealthApart() {
        return properties.health() != HeadgateProperties.Health.LIMITED
                && properties.rules().stream().noneMatch(RuleProperties::isForEveryArrival);
    }

    private static Rule health(Rule rule, HealthPaths healthPaths) {
        return rule.named(HeadgateProperties.HEALTH).onlyIf(healthPaths);
    }

    /** What both filters have from properties and beans. */
    private void configure(
            RateLimitFilter.Builder builder, Stage stage, LimiterRegistry registry, Consumer<ClientDenied> events) {
        if (properties.overflow() == Overflow.EVICT && !PlanBeans.hasCaffeine(beans)) {
            throw HeadgateProperties.invalid(
                    Option.OVERFLOW.property(),
                    "evict",
                    "it needs Caffeine, which is not on the class path: add the dependency"
                            + " com.github.ben-manes.caffeine:caffeine, whose version Spring Boot manages, or choose another");
        }
        ClientAddressResolver resolver = only(ClientAddressResolver.class);
        String dispatcher = DispatcherPath.of(beans.getBean(Environment.class));
        properties.configure(builder, stage, resolver != null, dispatcher, doubts);
        if (resolver != null) {
            builder.resolver(resolver);
        }
        builder.registry(registry).onClientDenied(events).refusalFields(new RefusalCors(beans));
        Ticker ticker = only(Ticker.class);
        if (ticker != null) {
            builder.ticker(ticker);
        }
        DeniedResponse onDenied = only(DeniedResponse.class);
        if (onDenied != null) {
            builder.onDenied(onDenied);
        }
    }

    /** The bean of a type that takes the place of ours, or the primary one of several; null if there is none. */
    private <T> @Nullable T only(Class<T> type) {
        try {
            return beans.getBeanProvider(type).getIfAvailable();
        } catch (NoUniqueBeanDefinitionException several) {
            throw BeanConflictException.several(type, several.getBeanNamesFound());
        }
    }

    private Rule healthRule() {
        return properties.health() == HeadgateProperties.Health.OWN
                ? Rule.limits("/*", HEALTH_LIMIT)
                : Rule.unlimited("/*");
    }

    /** A filter that lets everything pass, wherever the application has put it. */
    static RateLimitFilter.Builder everythingPasses() {
        return RateLimitFilter.builder()
                .limits(Limit.perSecond(1))
                .sweepInterval(Duration.ZERO)
                .exempt(AddressRange.parse("0.0.0.0/0"), AddressRange.parse("::/0"))
                .noAddress(NoAddress.ALLOW)
                .dryRun(true);
    }
}
