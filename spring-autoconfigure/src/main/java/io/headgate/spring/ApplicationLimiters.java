package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.http.FilterStats;
import io.headgate.http.LimiterUse;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Warning;
import io.headgate.metrics.HeavyHitters.Hit;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationListener;
import org.springframework.context.event.ContextRefreshedEvent;
import org.springframework.core.ResolvableType;

/**
 * The filters of an application, and all its limiters: those of the filters, and those that are beans, whatever they limit. A
 * filter's limiters are looked up whenever they are asked for, since its configuration can be replaced. Thread-safe.
 */
final class ApplicationLimiters implements ApplicationListener<ContextRefreshedEvent> {

    /**
     * A limiter as metrics and the actuator endpoint show it.
     *
     * @param name unique; the bean's, if the limiter has none of its own
     * @param limiter the limiter
     * @param keyType the type of its keys, as far as it is known
     * @param isDryRun whether its denials are only counted
     * @param isTier whether its buckets are those of many clients together
     */
    record Shown(String name, Limiter<?> limiter, Class<?> keyType, boolean isDryRun, boolean isTier) {

        /** The same limiter, if its keys are client addresses. */
        @SuppressWarnings("unchecked") // by their type
        @Nullable
        Limiter<ClientAddress> clients() {
            return keyType == ClientAddress.class ? (Limiter<ClientAddress>) limiter : null;
        }
    }

    /** What a limiter is called that was given no name. */
    private static final String UNNAMED = "limiter";

    private final ListableBeanFactory beans;
    private final HeadgateProperties properties;
    private final FilterFactory factory;
    private final LimiterRegistry registry;
    /** Those of the application; null until all beans are there. Written once, read at every scrape. */
    private volatile @Nullable List<RateLimitFilter> filters;
    /** Whether containers have had their chance to name filters. Written once, by the thread that starts the application. */
    private volatile boolean started;

    ApplicationLimiters(
            ListableBeanFactory beans, HeadgateProperties properties, FilterFactory factory, LimiterRegistry registry) {
        this.beans = beans;
        this.properties = properties;
        this.factory = factory;
        this.registry = registry;
    }

    /** The filters that limit requests: beans, and those that only a registration has. */
    List<RateLimitFilter> filters() {
        List<RateLimitFilter> known = filters;
        // Before all beans are there, none may be made for this that is not known to have a filter.
        return known == null
                ? findFilters(ResolvableType.forClassWithGenerics(FilterRegistrationBean.class, RateLimitFilter.class))
                : known;
    }

    private List<RateLimitFilter> findFilters(ResolvableType registrations) {
        Set<RateLimitFilter> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<RateLimitFilter> all = new ArrayList<>();
        beans.getBeanProvider(RateLimitFilter.class)
                .orderedStream()
                .filter(seen::add)
                .forEach(all::add);
        beans.getBeanProvider(AuthenticatedFilter.class).stream()
                .map(AuthenticatedFilter::filter)
                .filter(Objects::nonNull)
                .forEach(all::add);
        for (String name : beans.getBeanNamesForType(registrations, true, false)) {
            if (beans.getBean(name) instanceof FilterRegistrationBean<?> bean
                    && bean.getFilter() instanceof RateLimitFilter filter
                    && seen.add(filter)) {
                all.add(filter);
            }
        }
        return all.stream().filter(factory::isInUse).toList();
    }

    /**
     * What the filters decide with. Filters of the application's own are left out until the application has started: asking a
     * filter starts it, and one without a name would not wait for the name that its registration gives it.
     */
    List<RequestLimiter> requestLimiters() {
        List<RequestLimiter> all = new ArrayList<>();
        for (RateLimitFilter filter : filters()) {
            try {
                if (factory.isOurs(filter)) {
                    all.add(properties.started(filter));
                } else if (started) {
                    all.add(filter.limits());
                }
            } catch (IllegalStateException notConfigured) {
                // Its init-params are yet to be read, or nobody registered it: then it limits nothing.
            }
        }
        return all;
    }

    @Override
    public void onApplicationEvent(ContextRefreshedEvent event) {
        started = true;
    }

    /** All limiters: those of the filters first. None where they are disabled, or beans would be made for it that nobody uses. */
    List<Shown> all() {
        if (!properties.enabled()) {
            return List.of();
        }
        List<Shown> all = new ArrayList<>();
        Set<Limiter<?>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<String> names = new HashSet<>();
        IdentityHashMap<Limiter<?>, String> ofBeans = new IdentityHashMap<>();
        beans.getBeansOfType(Limiter.class, false, false).forEach((bean, limiter) -> ofBeans.put(limiter, bean));
        for (RequestLimiter limits : requestLimiters()) {
            for (LimiterUse use : limits.limiters()) {
                if (seen.add(use.limiter())) {
                    String own = nameOf(use.limiter(), ofBeans.getOrDefault(use.limiter(), UNNAMED));
                    String name = unique(own, limits.name(), names);
                    Class<?> keyType = use.isByAddress() ? ClientAddress.class : Object.class;
                    all.add(new Shown(name, use.limiter(), keyType, use.isDryRun(), use.isTier()));
                }
            }
        }
        beans.getBeansOfType(Limiter.class, false, false).forEach((bean, limiter) -> {
            if (seen.add(limiter)) {
                all.add(new Shown(
                        unique(nameOf(limiter, bean), bean, names),
                        limiter,
                        keyType(beans, bean, Limiter.class),
                        false,
                        false));
            }
        });
        registry.limiters().forEach((name, limiter) -> {
            if (seen.add(limiter)) {
                Class<?> keyType = isOfClients(name) ? ClientAddress.class : Object.class;
                all.add(new Shown(unique(name, name, names), limiter, keyType, false, false));
            }
        });
        return all;
    }

    /** A limiter's own name, else another: a mock has none, and one that is away may fail to tell it. */
    private static String nameOf(Limiter<?> limiter, String other) {
        String own;
        try {
            own = Objects.requireNonNullElse(limiter.name(), UNNAMED);
        } catch (RuntimeException failure) {
            return other;
        }
        return own.equals(UNNAMED) ? other : own;
    }

    /** The type of the keys of a limiter or the like, as the bean is declared. */
    static Class<?> keyType(ListableBeanFactory beans, String bean, Class<?> type) {
        return beans instanceof ConfigurableListableBeanFactory factory && factory.containsBeanDefinition(bean)
                ? factory.getMergedBeanDefinition(bean)
                        .getResolvableType()
                        .as(type)
                        .getGeneric()
                        .resolve(Object.class)
                : Object.class;
    }

    private boolean isOfClients(String name) {
        try {
            return registry.get(name, ClientAddress.class).isPresent();
        } catch (IllegalArgumentException ofOtherKeys) {
            return false;
        }
    }

    private static String unique(String name, String other, Set<String> names) {
        String unique = name;
        if (!names.add(unique)) {
            unique = other;
            for (int i = 2; !names.add(unique); i++) {
                unique = name + "-" + i;
            }
        }
        return unique;
    }

    /** Starts our filter, and puts every limiter into the registry: once all beans are there. */
    void register() {
        filters = findFilters(ResolvableType.forClass(FilterRegistrationBean.class));
        for (Shown shown : all()) {
            if (registry.limiters().values().stream().noneMatch(limiter -> limiter == shown.limiter())
                    && registry.get(shown.name()).isEmpty()) {
                register(shown.name(), shown.keyType(), shown.limiter());
            }
        }
    }

    @SuppressWarnings("unchecked") // the limiter came together with the type
    private <K> void register(String name, Class<K> keyType, Limiter<?> limiter) {
        registry.register(name, keyType, (Limiter<K>) limiter);
    }

    /** What all filters did together. */
    FilterStats stats() {
        return filters().stream().map(RateLimitFilter::stats).reduce(FilterStats.NONE, FilterStats::plus);
    }

    /** The clients that were denied most often, by all filters. */
    List<Hit<ClientAddress>> topDenied(int most) {
        return requestLimiters().stream()
                .flatMap(limits -> limits.topDenied(most).stream())
                .toList();
    }

    /** What requests have shown to be misconfigured. */
    Map<Warning, String> warnings() {
        Map<Warning, String> warnings = new EnumMap<>(Warning.class);
        requestLimiters().forEach(limits -> warnings.putAll(limits.warningTexts()));
        return warnings;
    }

    /** The client that an address counts for. */
    ClientAddress client(ClientAddress address) {
        for (Shown shown : all()) {
            if (shown.clients() != null) {
                return shown.clients().tracked(address);
            }
        }
        return address.network(properties.ipv6Prefix());
    }
}
