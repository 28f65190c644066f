package io.headgate.spring;

import io.headgate.http.ClientAddressResolver;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.ServletContext;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.core.ResolvableType;
import org.springframework.core.env.Environment;
import org.springframework.web.filter.ForwardedHeaderFilter;

/** Says, once the application is set up, what in it makes the limit useless or bypassable, and what to change. */
final class SetupAdvice implements SmartInitializingSingleton {

    private static final Log LOG = LogFactory.getLog(HeadgateAutoConfiguration.class);
    private static final String STRATEGY = "server.forward-headers-strategy";
    private static final String VALVE = "server.tomcat.remoteip.";

    private final HeadgateProperties properties;
    private final ListableBeanFactory beans;
    private final Environment environment;
    private final @Nullable ServletContext container;
    private final ApplicationLimiters limiters;
    /** What was said: hardly anything once the application serves. */
    private final Map<SetupWarning, String> said = Collections.synchronizedMap(new EnumMap<>(SetupWarning.class));

    private final LongAdder unseenLogins = new LongAdder();

    SetupAdvice(
            HeadgateProperties properties,
            ListableBeanFactory beans,
            Environment environment,
            @Nullable ServletContext container,
            ApplicationLimiters limiters,
            ConfiguredKeys keys) {
        this.properties = properties;
        this.beans = beans;
        this.environment = environment;
        this.container = container;
        this.limiters = limiters;
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
        if (!properties.enabled()) {
            warn(SetupWarning.DISABLED, environment.getProperty("headgate.enabled", "false"));
            return;
        }
        if (!has(ResolvableType.forClass(RateLimitFilter.class))
                && !has(ResolvableType.forClassWithGenerics(FilterRegistrationBean.class, RateLimitFilter.class))) {
            adviseOnOtherLimiters();
            warn(SetupWarning.NOTHING_TO_LIMIT);
            return;
        }
        if (properties.hasLimitsOrRules() && !beans.containsBean("headgateFilter")) {
            warn(SetupWarning.PROPERTIES_NOT_USED);
        } else if (beans.containsBean("headgateFilter")) {
            adviseOnOtherLimiters();
        }
        if (has(ResolvableType.forClass(ForwardedHeaderFilter.class))
                || has(ResolvableType.forClassWithGenerics(
                        FilterRegistrationBean.class, ForwardedHeaderFilter.class))) {
            adviseOnFramework();
        }
        String sign = nativeSign();
        if (sign != null) {
            adviseOnNative(container == null ? "" : String.valueOf(container.getServerInfo()), sign);
        }
    }

    private void warn(SetupWarning warning, Object... seen) {
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
    private void adviseOnOtherLimiters() {
        for (String name : LimiterBeans.others(beans)) {
            LOG.info("The limiter bean \"" + name
                    + "\" does not limit requests by itself. If it is to limit them all, in place"
                    + " of headgate.limits, call the bean \"" + LimiterBeans.NAME + "\" or give it the qualifier \""
                    + LimiterBeans.QUALIFIER + "\"");
        }
    }

    /**
     * The limit does not go by what that filter reports, which is whatever the client wrote. A filter or a resolver of the
     * application's own does not go by the properties: what it believes is not known here.
     */
    private void adviseOnFramework() {
        if (!properties.trustsProxies()
                && beans.containsBean("headgateFilter")
                && beans.getBeanProvider(ClientAddressResolver.class).getIfUnique() == null) {
            warn(SetupWarning.FRAMEWORK_WITHOUT_PROXIES);
        }
    }

    private void adviseOnNative(String server, String sign) {
        if (!server.toLowerCase(Locale.ROOT).contains("tomcat")) {
            warn(SetupWarning.CONTAINER_BELIEVES_CLIENTS, server.isEmpty() ? "the container" : server);
        } else if (properties.trustsProxies()) {
            warn(SetupWarning.VALVE_COMES_FIRST, sign);
        } else if (!environment.containsProperty(VALVE + "internal-proxies")) {
            warn(SetupWarning.VALVE_TRUSTS_PRIVATE_RANGES, sign);
        }
    }

    /** As Boot decides it: by the property, else by the cloud platform, else by the valve's own properties. */
    private @Nullable String nativeSign() {
        String strategy = environment.getProperty(STRATEGY, "");
        if (strategy.equalsIgnoreCase("native")) {
            return STRATEGY + "=native";
        }
        CloudPlatform platform = CloudPlatform.getActive(environment);
        if (strategy.isEmpty() && platform != null && platform.isUsingForwardHeaders()) {
            return STRATEGY + " is not set, and Boot takes native on " + platform;
        }
        for (String name : new String[] {"remote-ip-header", "protocol-header"}) {
            if (environment.containsProperty(VALVE + name)) {
                return VALVE + name + " is set";
            }
        }
        return null;
    }

    private boolean has(ResolvableType type) {
        return beans.getBeanNamesForType(type, true, false).length > 0;
    }
}
