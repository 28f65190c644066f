package io.headgate.spring;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LimiterRegistry;
import io.headgate.Ticker;
import io.headgate.http.ClientAddressResolver;
import io.headgate.http.ClientDenied;
import io.headgate.http.NoAddress;
import io.headgate.http.Rule;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.DeniedResponse;
import io.headgate.servlet.RateLimitFilter;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;

/** Makes the filter of properties and beans. */
final class FilterFactory {

    private static final Limit HEALTH_LIMIT = Limit.perSecond(10).burst(20).named(HeadgateProperties.HEALTH);

    private final HeadgateProperties properties;
    private final ListableBeanFactory beans;
    private final @Nullable ClientAddressResolver resolver;
    private final FailedLogin.@Nullable Doubts doubts;

    FilterFactory(HeadgateProperties properties, ListableBeanFactory beans) {
        this.properties = properties;
        this.beans = beans;
        this.resolver = beans.getBeanProvider(ClientAddressResolver.class).getIfUnique();
        this.doubts = beans.getBeanProvider(FailedLogin.Doubts.class).getIfUnique();
    }

    /** Throws what is wrong with the properties, whether or not a filter is made of them. */
    void requireSound() {
        if (properties.enabled()) {
            properties.requireSound(resolver != null, doubts);
        }
    }

    RateLimitFilter filter(LimiterRegistry registry, Consumer<ClientDenied> events, @Nullable HealthPaths healthPaths) {
        Limiter<ClientAddress> own = LimiterBeans.general(beans, properties);
        RateLimitFilter.Builder builder = own == null ? RateLimitFilter.builder() : RateLimitFilter.builder(own);
        properties.configure(builder, resolver != null, doubts);
        if (resolver != null) {
            builder.resolver(resolver);
        }
        builder.registry(registry).onClientDenied(events);
        beans.getBeanProvider(Ticker.class).ifUnique(builder::ticker);
        beans.getBeanProvider(DeniedResponse.class).ifUnique(builder::onDenied);
        RateLimitFilter filter = HeadgateProperties.naming(builder::build);
        if (healthPaths == null || properties.health() == HeadgateProperties.Health.LIMITED) {
            return filter;
        }
        // Added last, for two reasons: rules of the application come first, and alone it is nothing to limit.
        builder.rule(healthRule().named(HeadgateProperties.HEALTH).onlyIf(healthPaths));
        return HeadgateProperties.naming(builder::build);
    }

    private Rule healthRule() {
        return properties.health() == HeadgateProperties.Health.OWN
                ? Rule.limits("/*", HEALTH_LIMIT)
                : Rule.unlimited("/*");
    }

    /** A filter that lets everything pass, wherever the application has put it. */
    static RateLimitFilter passing() {
        return everythingPasses().name("headgate").build();
    }

    static RateLimitFilter.Builder everythingPasses() {
        return RateLimitFilter.builder()
                .limits(Limit.perSecond(1))
                .sweepInterval(Duration.ZERO)
                .exempt(AddressRange.parse("0.0.0.0/0"), AddressRange.parse("::/0"))
                .noAddress(NoAddress.ALLOW)
                .dryRun(true);
    }
}
