package io.headgate.spring;

import io.headgate.http.ClientAddressResolver;
import io.headgate.http.Stage;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.OrderUtils;
import org.springframework.core.env.Environment;
import org.springframework.web.filter.ForwardedHeaderFilter;
import org.springframework.web.filter.HiddenHttpMethodFilter;

/** Says, once the application is set up, what in it makes the limit useless or bypassable, and what to change. */
final class SetupAdvice implements SmartInitializingSingleton {

    private static final Log LOG = LogFactory.getLog(HeadgateAutoConfiguration.class);
    private static final String STRATEGY = "server.forward-headers-strategy";
    private static final String VALVE = "server.tomcat.remoteip.";

    /** What {@link HiddenHttpMethodFilter} makes of POST. */
    private static final Set<String> HIDDEN_METHODS = Set.of("PUT", "DELETE", "PATCH");

    private final HeadgateProperties properties;
    private final ListableBeanFactory beans;
    private final Environment environment;
    private final @Nullable ServletContext container;
    private final ApplicationLimiters limiters;
    private final FilterFactory factory;
    private final @Nullable SecurityChains chains;
    private final ConfiguredKeys keys;
    /** What was said. Read at every scrape, hardly ever written. */
    private final Map<SetupWarning, String> said = Collections.synchronizedMap(new EnumMap<>(SetupWarning.class));

    private final LongAdder unseenLogins = new LongAdder();

    SetupAdvice(
            HeadgateProperties properties,
            ListableBeanFactory beans,
            Environment environment,
            @Nullable ServletContext container,
            ApplicationLimiters limiters,
            FilterFactory factory,
            @Nullable SecurityChains chains,
            ConfiguredKeys keys) {
        this.properties = properties;
        this.beans = beans;
        this.environment = environment;
        this.container = container;
        this.limiters = limiters;
        this.factory = factory;
        this.chains = chains;
        this.keys = keys;
        String unknown = keys.unknown();
        if (unknown != null) {
            said.put(SetupWarning.UNKNOWN_VARIABLE, unknown);
        }
    }

    /** All warnings so far, those of requests included, by their codes. */
    Map<String, String> warnings() {
        Map<String, String> all = new TreeMap<>();
        limiters.warnings().forEach((warning, text) -> all.put(warning.code(), text));
        synchronized (said) {
            said.forEach((warning, text) -> all.put(warning.code(), text));
        }
        return all;
    }

    @Override
    public void afterSingletonsInstantiated() {
        limiters.register();
        Set<RateLimitFilter> inSecurity = chains == null ? Set.of() : chains.filters();
        if (!properties.enabled()) {
            // Those that are beans are replaced already.
            inSecurity.forEach(filter -> filter.replace(FilterFactory.everythingPasses()));
            warn(SetupWarning.DISABLED, environment.getProperty("headgate.enabled", "false"));
            return;
        }
        boolean isOurs = beans.getBeanProvider(RateLimitFilter.class).stream().anyMatch(factory::isOurs);
        if (isOurs) {
            listOtherLimiters();
        } else if (keys.haveLimitsOrRules()) {
            warn(SetupWarning.PROPERTIES_NOT_USED);
        }
        if (limiters.filters().isEmpty() && inSecurity.stream().noneMatch(factory::isInUse)) {
            warn(SetupWarning.NOTHING_TO_LIMIT);
            return;
        }
        adviseOnSecurity(inSecurity);
        adviseOnProxies(isOurs);
        if (isOurs) {
            adviseOnHiddenMethods();
            adviseOnLogins();
        }
    }

    /** Spring's second router, which goes by a method that is not the request's own. */
    private void adviseOnHiddenMethods() {
        OptionalInt hiding = hiddenMethodOrder();
        if (hiding.isEmpty()) {
            return;
        }
        List<String> passed = new ArrayList<>();
        for (int i = 0; i < properties.rules().size(); i++) {
            RuleProperties rule = properties.rules().get(i);
            int order = rule.stage() == Stage.ARRIVAL ? properties.order() : factory.orderBehindAuthentication();
            if (order <= hiding.getAsInt()
                    && rule.mayDeny()
                    && !rule.methods().contains("POST")
                    && rule.methods().stream().anyMatch(HIDDEN_METHODS::contains)) {
                passed.add("headgate.rules[" + i + "]");
            }
        }
        if (!passed.isEmpty()) {
            warn(SetupWarning.HIDDEN_METHODS, String.join(", ", passed));
        }
    }

    /** The last place at which a filter changes methods; empty if none does. */
    private OptionalInt hiddenMethodOrder() {
        IntStream.Builder orders = IntStream.builder();
        Set<Object> registered = Collections.newSetFromMap(new IdentityHashMap<>());
        beans.getBeansOfType(FilterRegistrationBean.class, true, false).values().forEach(registration -> {
            if (registration.isEnabled() && registration.getFilter() instanceof HiddenHttpMethodFilter filter) {
                registered.add(filter);
                orders.add(registration.getOrder());
            }
        });
        // As Boot does with filters that nobody has registered: behind all others, unless they say where.
        beans.getBeansOfType(HiddenHttpMethodFilter.class, true, false).values().stream()
                .filter(filter -> !registered.contains(filter))
                .forEach(filter -> orders.add(
                        filter instanceof Ordered ordered
                                ? ordered.getOrder()
                                : OrderUtils.getOrder(filter.getClass(), Ordered.LOWEST_PRECEDENCE)));
        return orders.build().max();
    }

    /** A login that is checked before the filter decides is not limited by it. */
    private void adviseOnLogins() {
        int security = factory.securityOrder();
        if (chains == null || !properties.chargesFailedLogins()) {
            return;
        }
        if (properties.order() > security) {
            warn(SetupWarning.BEHIND_SECURITY, "headgate.order is " + properties.order(), security);
        } else {
            IntStream.range(0, properties.rules().size())
                    .filter(i -> properties.rules().get(i).stage() == Stage.AUTHENTICATED
                            && FailedLogin.isIn(properties.rules().get(i).chargeOn()))
                    .findFirst()
                    .ifPresent(i -> warn(
                            SetupWarning.BEHIND_SECURITY,
                            "headgate.rules[" + i + "].stage is authenticated",
                            security));
        }
    }

    /** A request is decided where a filter comes first. */
    private void adviseOnSecurity(Set<RateLimitFilter> inSecurity) {
        int security = factory.securityOrder();
        List<String> names = new ArrayList<>();
        beans.getBeansOfType(FilterRegistrationBean.class, true, false).forEach((name, registration) -> {
            if (registration.isEnabled()
                    && registration.getOrder() <= security
                    && registration.getFilter() instanceof RateLimitFilter filter
                    && inSecurity.contains(filter)) {
                names.add(name);
            }
        });
        if (!names.isEmpty()) {
            warn(SetupWarning.BEFORE_SECURITY, String.join(", ", names));
        }
    }

    private void adviseOnProxies(boolean isOurs) {
        if (has(ResolvableType.forClass(ForwardedHeaderFilter.class))
                || has(ResolvableType.forClassWithGenerics(
                        FilterRegistrationBean.class, ForwardedHeaderFilter.class))) {
            adviseOnFramework(isOurs);
        }
        String server = container == null ? "" : String.valueOf(container.getServerInfo());
        boolean isTomcat = server.toLowerCase(Locale.ROOT).contains("tomcat");
        String sign = nativeSign(isTomcat);
        if (sign != null) {
            adviseOnNative(isTomcat, server, sign);
        }
    }

    void warn(SetupWarning warning, Object... seen) {
        said.put(warning, warning.text(seen));
        LOG.warn(warning.line(seen));
    }

    /** Takes notice of a charge that stays because nothing was seen of a login: says so once. Thread-safe. */
    void unseenLogin(String property, int status) {
        unseenLogins.increment();
        if (said.putIfAbsent(SetupWarning.UNSEEN_LOGIN, SetupWarning.UNSEEN_LOGIN.text(property, status)) == null) {
            LOG.warn(SetupWarning.UNSEEN_LOGIN.line(property, status));
        }
    }

    /** How many charges stayed because nothing was seen of a login. */
    long unseenLogins() {
        return unseenLogins.sum();
    }

    /** Nobody has to guess what a limiter of addresses is for. */
    private void listOtherLimiters() {
        List<String> others = LimiterBeans.others(beans);
        if (!others.isEmpty()) {
            LOG.info("These limiter beans do not limit requests by themselves: " + String.join(", ", others)
                    + ". If one is to limit them all, in place of headgate.limits, call it \"" + LimiterBeans.NAME
                    + "\" or give it the qualifier \"" + LimiterBeans.QUALIFIER + "\"");
        }
    }

    /**
     * The limit does not go by what that filter reports, which is whatever the client wrote. A filter or a resolver of the
     * application's own does not go by the properties: what it believes is not known here.
     */
    private void adviseOnFramework(boolean isOurs) {
        if (!properties.trustsProxies() && isOurs && !has(ResolvableType.forClass(ClientAddressResolver.class))) {
            warn(SetupWarning.FRAMEWORK_WITHOUT_PROXIES);
        }
    }

    private void adviseOnNative(boolean isTomcat, String server, String sign) {
        if (!isTomcat) {
            warn(SetupWarning.CONTAINER_BELIEVES_CLIENTS, server.isEmpty() ? "the container" : server, sign);
        } else if (properties.trustsProxies()) {
            warn(SetupWarning.VALVE_COMES_FIRST, sign);
        } else if (!environment.containsProperty(VALVE + "internal-proxies")) {
            warn(SetupWarning.VALVE_TRUSTS_PRIVATE_RANGES, sign);
        }
    }

    /** As Boot decides it: by the property, else by the cloud platform, else, on Tomcat, by the valve's own properties. */
    private @Nullable String nativeSign(boolean isTomcat) {
        String strategy = environment.getProperty(STRATEGY, "");
        if (strategy.equalsIgnoreCase("native")) {
            return STRATEGY + "=native";
        }
        CloudPlatform platform = CloudPlatform.getActive(environment);
        if (strategy.isEmpty() && platform != null && platform.isUsingForwardHeaders()) {
            return STRATEGY + " is not set, and Boot takes native on " + platform;
        }
        for (String name : new String[] {"remote-ip-header", "protocol-header"}) {
            if (isTomcat && environment.containsProperty(VALVE + name)) {
                return VALVE + name + " is set";
            }
        }
        return null;
    }

    private boolean has(ResolvableType type) {
        return beans.getBeanNamesForType(type, true, false).length > 0;
    }
}
