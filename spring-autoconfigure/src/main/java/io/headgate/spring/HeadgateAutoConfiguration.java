package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import io.micrometer.core.instrument.binder.MeterBinder;
import jakarta.servlet.ServletContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.util.StringUtils;

/**
 * Auto-configuration that puts a {@link RateLimitFilter} in front of a servlet web application, as the properties under
 * {@code headgate} say. A {@link RateLimitFilter}, {@link ClientAddressResolver}, {@link DeniedResponse}, {@link LimiterRegistry}
 * or {@link Ticker} of the application's own takes the place of ours; so does a {@link Limiter} of client addresses that is
 * called {@code headgateLimiter} or has the qualifier {@code headgate}.
 *
 * <p>Beans are conditional on classes, on the kind of web application and on beans alone, which are the same when an
 * application is built by ahead-of-time processing and when it runs. Whether {@code headgate.enabled} holds, and whether there is
 * something to limit by, is decided when the application starts: the filter is always there, and else lets everything pass. The
 * actuator's own conditions on properties hold for the endpoint and the health component.
 *
 * <p>Ordered last, so that filters which other auto-configuration provides win, too.
 */
@AutoConfiguration
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@Import({Boot3Health.class, Boot4Health.class, LoginConfiguration.class, AuthenticatedConfiguration.class})
@ImportRuntimeHints(PageHints.class)
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
    static PlanConverter headgatePlanConverter() {
        return new PlanConverter();
    }

    @Bean
    static AddressRangeConverter headgateAddressRangeConverter() {
        return new AddressRangeConverter();
    }

    @Bean
    static HeaderStyleConverter headgateHeaderStyleConverter() {
        return new HeaderStyleConverter();
    }

    @Bean
    static DisabledBinding headgateDisabledBinding() {
        return new DisabledBinding();
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
        static DisabledFilters headgateDisabledFilters(Environment environment) {
            return new DisabledFilters(environment);
        }

        @Bean
        @ConditionalOnMissingBean
        LimiterRegistry headgateLimiterRegistry() {
            return new LimiterRegistry();
        }

        @Bean
        @ConditionalOnMissingBean
        FilterFactory headgateFilterFactory(
                HeadgateProperties properties, ConfiguredKeys keys, ListableBeanFactory beans) {
            return new FilterFactory(properties, keys, beans);
        }

        @Bean
        @ConditionalOnMissingBean
        ApplicationLimiters headgateLimiters(
                HeadgateProperties properties,
                ListableBeanFactory beans,
                FilterFactory factory,
                LimiterRegistry registry) {
            return new ApplicationLimiters(beans, properties, factory, registry);
        }

        @Bean
        @ConditionalOnMissingBean(value = RateLimitFilter.class, parameterizedContainer = FilterRegistrationBean.class)
        RateLimitFilter headgateFilter(
                FilterFactory factory,
                LimiterRegistry registry,
                ApplicationEventPublisher events,
                ObjectProvider<HealthPaths> healthPaths) {
            return factory.make(registry, events::publishEvent, healthPaths.getIfAvailable());
        }

        @Bean
        @ConditionalOnMissingBean
        SetupAdvice headgateSetupAdvice(
                HeadgateProperties properties,
                ListableBeanFactory beans,
                Environment environment,
                ObjectProvider<ServletContext> container,
                ApplicationLimiters limiters,
                FilterFactory factory,
                ObjectProvider<SecurityChains> chains,
                ConfiguredKeys keys) {
            factory.requireSound();
            return new SetupAdvice(
                    properties,
                    beans,
                    environment,
                    container.getIfAvailable(),
                    limiters,
                    factory,
                    chains.getIfAvailable(),
                    keys);
        }

        @Bean
        @ConditionalOnSingleCandidate(RateLimitFilter.class)
        @ConditionalOnMissingBean
        FilterRegistrationBean<RateLimitFilter> headgateFilterRegistration(
                HeadgateProperties properties, FilterFactory factory, RateLimitFilter filter) {
            FilterRegistrationBean<RateLimitFilter> registration = new FilterRegistrationBean<>(filter);
            registration.setName("headgate");
            registration.setOrder(properties.order());
            registration.setAsyncSupported(true);
            registration.setEnabled(factory.isInUse(filter));
            return registration;
        }
    }

    /** Warns where the starter has no effect. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
    static final class Reactive {

        @Bean
        SmartInitializingSingleton headgateReactiveAdvice(Environment environment) {
            return () -> advise(environment);
        }

        private static void advise(Environment environment) {
            if (Binder.get(environment).bind("headgate.enabled", Boolean.class).orElse(true)) {
                LogFactory.getLog(HeadgateAutoConfiguration.class).warn(SetupWarning.REACTIVE.line());
            }
        }
    }

    /** What the starter tells Micrometer. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({RateLimitFilter.class, MeterBinder.class})
    static final class Metrics {

        @Bean
        @ConditionalOnMissingBean(name = "headgateMetrics")
        MeterBinder headgateMetrics(ApplicationLimiters limiters, SetupAdvice advice) {
            return new HeadgateMeters(limiters, advice);
        }
    }

    /** What the starter learns from Spring Security. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({RateLimitFilter.class, SecurityFilterChain.class})
    static final class Security {

        @Bean
        @ConditionalOnMissingBean
        SecurityChains headgateSecurityChains(ObjectProvider<SecurityFilterChain> chains) {
            return new SecurityChains(chains);
        }
    }

    /** What the starter learns from Spring Cloud. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
    @ConditionalOnClass({RateLimitFilter.class, EnvironmentChangeEvent.class})
    static final class Cloud {

        @Bean
        @ConditionalOnMissingBean
        RefreshAdvice headgateRefreshAdvice(SetupAdvice advice) {
            return new RefreshAdvice(advice);
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
                HeadgateProperties properties, ApplicationLimiters limiters, SetupAdvice advice) {
            return new HeadgateEndpoint(properties, limiters, advice);
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
            String servlet = DispatcherPath.of(environment);
            return paths.stream()
                    .filter(StringUtils::hasText)
                    .map(path -> servlet + path)
                    // Also as the lenient reading of a path has it, which is in lower case.
                    .flatMap(path -> Stream.of(path, path.toLowerCase(Locale.ROOT)))
                    .collect(Collectors.toUnmodifiableSet());
        }
    }
}
