package io.headgate.http;

import io.headgate.net.AddressRange;
import io.headgate.plan.AddressPlans;
import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What tells which plan a request has: the plans of addresses, and those of keys. What is made here is closed with it. */
final class Plans implements AutoCloseable {

    private final @Nullable String secret;
    private final int ipv6Prefix;
    private final List<AddressRange> translationPrefixes;
    private final @Nullable PlanSource<String> source;

    /** Writes keys. */
    final KeyDigest digest;
    /** Knows the plans of keys; null if nobody does. */
    final @Nullable PlanCache<String> ofKeys;
    /** Knows the plans of addresses; null if none has one. */
    final @Nullable AddressPlans ofAddresses;

    /** Then a cache that was made here loads nothing any more. */
    private volatile boolean closed;

    /** Takes over what a former configuration knew of keys, if it asks the same source and hashes by the same secret. */
    Plans(Settings settings, Warnings warnings, @Nullable Plans before) {
        secret = settings.secret;
        ipv6Prefix = settings.ipv6Prefix;
        translationPrefixes = settings.translationPrefixes;
        source = settings.planSource;
        digest = before != null && before.writesKeysAs(this)
                ? before.digest
                : new KeyDigest(secret, settings.clientOfAddress());
        ofAddresses = ofAddresses(settings, warnings);
        PlanSource<String> asked = source;
        if (asked == null) {
            ofKeys = settings.planCache;
        } else if (before != null && before.source == asked && before.digest == digest && !before.closed) {
            ofKeys = before.ofKeys;
        } else {
            ofKeys = PlanCache.<String>builder(asked).ticker(settings.ticker).build();
        }
    }

    private boolean writesKeysAs(Plans other) {
        return Objects.equals(secret, other.secret)
                && ipv6Prefix == other.ipv6Prefix
                && translationPrefixes.equals(other.translationPrefixes);
    }

    private static @Nullable AddressPlans ofAddresses(Settings settings, Warnings warnings) {
        if (!settings.limitsClients()) {
            return null;
        }
        Set<Path> warnedOf = ConcurrentHashMap.newKeySet();
        AddressPlans.Builder plans = AddressPlans.builder()
                .ticker(settings.ticker)
                .onFault(file -> {
                    if (warnedOf.add(file.file())) {
                        warnings.also(
                                Warning.FAULTY_RANGES_FILE,
                                file.file(),
                                file.plan(),
                                file.fault().orElse(""),
                                file.ranges());
                    }
                });
        boolean any = false;
        for (Plan plan : settings.plans) {
            plans.plan(plan.name(), plan.ranges().toArray(new AddressRange[0]));
            Path file = plan.rangesFile();
            if (file != null) {
                plans.plan(plan.name(), file);
            }
            any |= plan.isByAddress();
        }
        if (!any) {
            return null;
        }
        try {
            return plans.build();
        } catch (IllegalArgumentException e) {
            throw new InvalidOptionException(
                    Option.PLANS, settings.plans.stream().map(Plan::name).toList(), String.valueOf(e.getMessage()), e);
        }
    }

    /** Closes what was made here and another one has not taken over. */
    void giveWayTo(Plans other) {
        if (ofAddresses != null) {
            ofAddresses.close();
        }
        if (source != null && ofKeys != null && ofKeys != other.ofKeys) {
            ofKeys.close();
        }
    }

    @Override
    public void close() {
        closed = true;
        if (ofAddresses != null) {
            ofAddresses.close();
        }
        if (source != null && ofKeys != null) {
            ofKeys.close();
        }
    }
}
