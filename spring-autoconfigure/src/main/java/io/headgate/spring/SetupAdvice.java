package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import jakarta.servlet.ServletContext;
import java.util.Locale;
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

    private final HeadgateProperties properties;
    private final ListableBeanFactory beans;
    private final Environment environment;
    private final @Nullable ServletContext container;

    SetupAdvice(
            HeadgateProperties properties,
            ListableBeanFactory beans,
            Environment environment,
            @Nullable ServletContext container) {
        this.properties = properties;
        this.beans = beans;
        this.environment = environment;
        this.container = container;
    }

    @Override
    public void afterSingletonsInstantiated() {
        if (!has(ResolvableType.forClass(RateLimitFilter.class))
                && !has(ResolvableType.forClassWithGenerics(FilterRegistrationBean.class, RateLimitFilter.class))) {
            LOG.warn("No request is limited: set headgate.limits, such as \"100/minute burst 20\","
                    + " or headgate.enabled to false");
            return;
        }
        if (properties.limitsAnything() && !beans.containsBean("headgateFilter")) {
            LOG.warn(
                    "headgate.limits and headgate.rules are not used: a filter of the application's own limits requests"
                            + " in place of ours");
        } else if (!properties.limits().isEmpty()
                && has(ResolvableType.forClassWithGenerics(Limiter.class, ClientAddress.class))) {
            LOG.warn("headgate.limits is not used: a limiter of the application's own limits clients in place of ours");
        }
        if (has(ResolvableType.forClass(ForwardedHeaderFilter.class))
                || has(ResolvableType.forClassWithGenerics(
                        FilterRegistrationBean.class, ForwardedHeaderFilter.class))) {
            adviseOnFramework();
        }
        if (isNative()) {
            adviseOnNative(container == null ? "" : String.valueOf(container.getServerInfo()));
        }
    }

    /** The limit does not go by what that filter reports, which is whatever the client wrote. */
    private void adviseOnFramework() {
        if (!properties.trustsProxies()) {
            LOG.warn(
                    "Spring's ForwardedHeaderFilter is at work (server.forward-headers-strategy=framework), so there is"
                            + " a proxy, but headgate.trusted-proxies is not set: all clients behind that proxy share one"
                            + " bucket. Name the proxy's address range there");
        }
    }

    private void adviseOnNative(String server) {
        if (!server.toLowerCase(Locale.ROOT).contains("tomcat")) {
            LOG.warn("The limit can be bypassed: " + (server.isEmpty() ? "the container" : server)
                    + " takes the client's address from a forwarding header that the client can write"
                    + " (server.forward-headers-strategy=native). Set that to none, or framework, and name your proxies"
                    + " in headgate.trusted-proxies");
        } else if (properties.trustsProxies()) {
            LOG.warn(
                    "Tomcat's RemoteIpValve (server.forward-headers-strategy=native, or server.tomcat.remoteip.*) takes"
                            + " the client's address from the forwarding header before headgate.trusted-proxies or"
                            + " headgate.trusted-hops can, and trusts every private address range, whatever they say. Keep one"
                            + " of the two: set the strategy to none, or framework, or remove headgate's");
        }
    }

    /** As Boot decides it: by the property, else by the cloud platform, else by the valve's own properties. */
    private boolean isNative() {
        String strategy = environment.getProperty("server.forward-headers-strategy", "");
        if (strategy.equalsIgnoreCase("native")) {
            return true;
        }
        CloudPlatform platform = CloudPlatform.getActive(environment);
        return (strategy.isEmpty() && platform != null && platform.isUsingForwardHeaders())
                || environment.containsProperty("server.tomcat.remoteip.remote-ip-header")
                || environment.containsProperty("server.tomcat.remoteip.protocol-header");
    }

    private boolean has(ResolvableType type) {
        return beans.getBeanNamesForType(type, true, false).length > 0;
    }
}
