package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.LimiterRegistry;
import io.headgate.Overflow;
import io.headgate.net.AddressRange;
import io.headgate.plan.PlanCache;
import io.headgate.testing.FakeTicker;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SettingsTest {

    /** Settings of which none is as its default. */
    private static Settings filled() {
        List<AddressRange> ranges = List.of(AddressRange.parse("2001:db8::/32"));
        Settings settings = new Settings(KeyedLimiter.byAddress(Buckets.of("1/s")));
        settings.limits = List.of(Limit.perSecond(1));
        settings.rules.add(Rule.unlimited("/a"));
        settings.plans.add(Plan.unlimited("p"));
        settings.tiers.add(Tier.everybody("t", Limit.perSecond(1)));
        settings.key = RequestKey.parse("principal");
        settings.planSource = key -> CompletableFuture.completedStage("p");
        settings.planCache = PlanCache.<String>builder(settings.planSource).build();
        settings.secret = "s";
        settings.stage = Stage.AUTHENTICATED;
        settings.resolver = ClientAddressResolver.remoteAddress();
        settings.trustedProxies = ranges;
        settings.forwardedHeader = "forwarded";
        settings.trustedHops = 2;
        settings.ipv6Prefix = 56;
        settings.translationPrefixes = ranges;
        settings.maxClients = 7L;
        settings.overflow = Overflow.DENY;
        settings.sweepInterval = Duration.ofSeconds(1);
        settings.exempt.addAll(ranges);
        settings.headers = HeaderStyle.NONE;
        settings.retryAfterJitter = Duration.ofSeconds(1);
        settings.refusal = RefusalStyle.PROBLEM;
        settings.languages = List.of("de");
        settings.drain = Drain.parse("1MB in 1s");
        settings.cost = request -> 0;
        settings.costsNothing = true;
        settings.costAfter = (request, answer) -> 1;
        settings.chargeOn = ChargeOn.statuses(401);
        settings.skipPreflight = true;
        settings.dryRun = true;
        settings.noAddress = NoAddress.DENY;
        settings.onFailure = OnFailure.DENY;
        settings.ticker = new FakeTicker();
        settings.onClientDenied = denied -> {};
        settings.name = "a";
        settings.limiterName = "b";
        settings.registry = new LimiterRegistry();
        settings.spelling = Option::property;
        settings.hostBits.put(Option.EXEMPT, "c");
        return settings;
    }

    /** What a copy leaves out is set without effect, since a limiter of requests is made with a copy. */
    @Test
    void aCopyHasEverySetting() throws ReflectiveOperationException {
        Settings filled = filled();
        Settings copy = filled.copy();
        Settings defaults = new Settings(null);
        for (Field field : Settings.class.getDeclaredFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                field.setAccessible(true);
                assertThat(field.get(filled))
                        .as("%s is filled in here", field.getName())
                        .isNotEqualTo(field.get(defaults));
                assertThat(field.get(copy)).as(field.getName()).isEqualTo(field.get(filled));
            }
        }
    }
}
