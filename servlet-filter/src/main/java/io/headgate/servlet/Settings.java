package io.headgate.servlet;

import io.headgate.Limit;
import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What a builder or init-params have said so far. Written by one thread, and never after a filter was made with it. */
final class Settings {

    /** Null if the filter makes its general limiter, from {@link #limits}. */
    final @Nullable Target<?> target;

    final List<Limit> limits;
    final List<Rule> rules = new ArrayList<>();
    final List<AddressRange> exempt = new ArrayList<>();
    ClientLimits clientLimits = ClientLimits.DEFAULTS;
    ClientAddressResolver resolver = ClientAddressResolver.remoteAddress();
    NoAddress noAddress = NoAddress.SHARED;
    OnFailure onFailure = OnFailure.ALLOW;
    Headers headers = Headers.DRAFT;
    Duration retryAfterJitter = Duration.ZERO;
    ToLongFunction<HttpServletRequest> cost = request -> 1;
    Ticker ticker = System::nanoTime;
    boolean skipPreflight;
    boolean dryRun;

    @Nullable
    ChargeOn chargeOn;

    @Nullable
    DeniedResponse onDenied;

    @Nullable
    String name;

    Settings(@Nullable Target<?> target, List<Limit> limits) {
        this.target = target;
        this.limits = limits;
    }

    Settings copy() {
        Settings copy = new Settings(target, limits);
        copy.rules.addAll(rules);
        copy.exempt.addAll(exempt);
        copy.clientLimits = clientLimits;
        copy.resolver = resolver;
        copy.noAddress = noAddress;
        copy.onFailure = onFailure;
        copy.headers = headers;
        copy.retryAfterJitter = retryAfterJitter;
        copy.cost = cost;
        copy.ticker = ticker;
        copy.skipPreflight = skipPreflight;
        copy.dryRun = dryRun;
        copy.chargeOn = chargeOn;
        copy.onDenied = onDenied;
        copy.name = name;
        return copy;
    }

    /** Throws what starting the filter would throw. */
    void requireSound() {
        RuleNames.requireUnique(rules);
        rules.forEach(rule -> clientLimits.require(rule.limits()));
    }

    String nameOr(String other) {
        return name == null ? other : name;
    }
}
