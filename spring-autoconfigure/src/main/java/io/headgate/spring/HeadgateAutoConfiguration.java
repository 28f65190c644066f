package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.Ticker;
import io.headgate.metrics.LimiterMetrics;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.http.ClientAddressResolver;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Auto-configuration that puts a {@link RateLimitFilter} in front of a servlet web application, as the properties under
 * {@code headgate} say. A {@link RateLimitFilter}, {@link ClientAddressResolver}, {@link Limiter} of
 * {@link ClientAddress}es, {@link DeniedResponse} or {@link Ticker} of the application's own takes the place of ours.
 */
@AutoConfiguration
@ConditionalOnProperty(prefix = "headgate", name = "enabled", matchIfMissing = true)
public final class HeadgateAutoConfiguration {

    @Bean
    static LimitConverter headgateLimitConverter() {
        return new LimitConverter();
    }

    @Bean
    static LimitsConverter headgateLimitsConverter() {
        return new LimitsConverter();
    }

    @Bean
    static AddressRangeConverter headgateAddressRangeConverter() {
        return new AddressRangeConverter();
    }

    /** The filter and what it is made of. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass(RateLimitFilter.class)
    @EnableConfigurationProperties(HeadgateProperties.class)
    static final class ServletFilter {

        @Bean
        static ConfiguredKeys headgateConfiguredKeys(Environment environment) {
            return new ConfiguredKeys(environment);
        }

        @Bean
        @ConditionalOnMissingBean
        ClientAddressResolver headgateClientAddressResolver(HeadgateProperties properties) {
            return properties.resolver();
        }

        @Bean
        @ConditionalOnMissingBean
        Limiters headgateLimiters(
                HeadgateProperties properties,
                ObjectProvider<Limiter<ClientAddress>> own,
                ObjectProvider<Ticker> ticker) {
            Ticker clock = ticker.getIfUnique(() -> System::nanoTime);
            return new Limiters(properties, own.getIfUnique(), clock, new Refusals(clock));
        }

        @Bean
        @ConditionalOnMissingBean(value = RateLimitFilter.class, parameterizedContainer = FilterRegistrationBean.class)
        @Conditional(SomethingToLimit.class)
        RateLimitFilter headgateFilter(
                HeadgateProperties properties,
                Limiters limiters,
                ClientAddressResolver resolver,
                ObjectProvider<DeniedResponse> onDenied,
                ObjectProvider<HealthPaths> healthPaths) {
            RateLimitFilter.Builder builder = limiters.filter()
                    .name("headgate")
                    .resolver(resolver)
                    .exempt(properties.exempt().toArray(new AddressRange[0]))
                    .headers(properties.headers())
                    .skipPreflight(properties.skipPreflight())
                    .onFailure(properties.onFailure())
                    .noAddress(properties.noAddress())
                    .dryRun(properties.dryRun());
            onDenied.ifUnique(builder::onDenied);
            limiters.rules(healthPaths.getIfAvailable()).forEach(builder::rule);
            return builder.build();
        }

        @Bean
        @ConditionalOnMissingBean
        SetupAdvice headgateSetupAdvice(
                HeadgateProperties properties,
                ListableBeanFactory beans,
                Environment environment,
                ObjectProvider<ServletContext> container) {
            return new SetupAdvice(properties, beans, environment, container.getIfAvailable());
        }

        @Bean
        @ConditionalOnSingleCandidate(RateLimitFilter.class)
        @ConditionalOnMissingBean
        FilterRegistrationBean<RateLimitFilter> headgateFilterRegistration(
                HeadgateProperties properties, RateLimitFilter filter) {
            FilterRegistrationBean<RateLimitFilter> registration = new FilterRegistrationBean<>(filter);
            registration.setName("headgate");
            registration.setOrder(properties.order());
            registration.setAsyncSupported(true);
            return registration;
        }
    }

    /** A word for those who added the starter where it has no effect. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static final class Reactive {

        @Bean
        SmartInitializingSingleton headgateReactiveAdvice() {
            return () -> LogFactory.getLog(HeadgateAutoConfiguration.class)
                    .warn("No request is limited: Headgate is a servlet filter, and this is a reactive web application."
                            + " Remove headgate-spring-boot-starter, or set headgate.enabled to false");
        }
    }

    /** What the starter tells Micrometer. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({RateLimitFilter.class, MeterBinder.class})
    static final class Metrics {

        @Bean
        @ConditionalOnMissingBean(name = "headgateMetrics")
        MeterBinder headgateMetrics(Limiters limiters, ObjectProvider<RateLimitFilter> filter) {
            return registry -> {
                List<Limiters.Shown> all = limiters.all();
                for (int i = 0; i < all.size(); i++) {
                    LimiterMetrics metrics = new LimiterMetrics(all.get(i).limiter());
                    // Failures are the filter's, whichever limiter would have been asked: they count with the first.
                    metrics = i > 0 ? metrics : metrics.failures(() -> failures(filter));
                    (all.get(i).dryRun() ? metrics.dryRun() : metrics).bindTo(registry);
                }
            };
        }

        private static long failures(ObjectProvider<RateLimitFilter> filters) {
            return filters.stream().mapToLong(filter -> filter.stats().failed()).sum();
        }
    }

    /** What the starter learns from the actuator. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({RateLimitFilter.class, PathMappedEndpoints.class, ManagementPortType.class})
    static final class Actuator {

        @Bean
        @ConditionalOnMissingBean
        HealthPaths headgateHealthPaths(ObjectProvider<PathMappedEndpoints> endpoints, Environment environment) {
            return new HealthPaths(() -> healthPaths(endpoints.getIfAvailable(), environment));
        }

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnAvailableEndpoint
        HeadgateEndpoint headgateEndpoint(
                HeadgateProperties properties, Limiters limiters, ObjectProvider<RateLimitFilter> filter) {
            return new HeadgateEndpoint(properties, limiters, filter.getIfUnique());
        }

        private static Set<String> healthPaths(@Nullable PathMappedEndpoints endpoints, Environment environment) {
            if (endpoints == null) {
                return Set.of();
            }
            EndpointId health = EndpointId.of("health");
            List<String> paths = new ArrayList<>(endpoints.getAdditionalPaths(WebServerNamespace.SERVER, health));
            if (ManagementPortType.get(environment) == ManagementPortType.SAME) {
                paths.add(endpoints.getPath(health));
            }
            String servlet =
                    environment.getProperty("spring.mvc.servlet.path", "/").replaceFirst("/+$", "");
            return paths.stream()
                    .filter(StringUtils::hasText)
                    .map(path -> servlet + path)
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
