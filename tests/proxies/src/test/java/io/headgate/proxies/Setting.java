package io.headgate.proxies;

import io.headgate.http.Option;
import io.headgate.http.RequestLimiterBuilder;
import java.util.Objects;

/**
 * How our options are set behind a proxy.
 *
 * @param text options such as {@code trustedProxies = 127.0.0.5; forwardedHeader = forwarded}, or {@code none}
 * @param effect what comes of it
 */
record Setting(String text, Effect effect) {

    /** What comes of a setting; the last two are what the documentation warns of. */
    enum Effect {
        /** Each client is limited as itself. */
        OURS,
        /** A client chooses its address. */
        BYPASSED,
        /** All clients of the proxy are limited as one. */
        POOLED
    }

    <B extends RequestLimiterBuilder<B>> B apply(B builder) {
        if (!text.equals("none")) {
            for (String option : text.split(";", -1)) {
                String[] pair = option.split("=", 2);
                Objects.requireNonNull(Option.of(pair[0].strip()), option).set(builder, pair[1]);
            }
        }
        return builder;
    }
}
