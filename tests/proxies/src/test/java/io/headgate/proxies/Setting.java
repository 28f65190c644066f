package io.headgate.proxies;

import io.headgate.Limit;
import io.headgate.http.HttpRequest;
import io.headgate.http.Option;
import io.headgate.http.RequestLimiter;
import io.headgate.http.RequestLimiterBuilder;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.lang.reflect.Proxy;
import java.util.List;
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

    /** The client that a request counts for: the one that is denied when its limit is used up. */
    String client(String peer, List<String> lines) {
        try (RequestLimiter limits = apply(RequestLimiter.builder())
                .limits(Limit.parse("1/hour"))
                .ticker(new FakeTicker())
                .build()) {
            HttpRequest request = request(peer, lines);
            limits.decide(request);
            limits.decide(request);
            return limits.topDenied(1).get(0).key().toString();
        }
    }

    private static HttpRequest request(String peer, List<String> lines) {
        return (HttpRequest) Proxy.newProxyInstance(
                Setting.class.getClassLoader(),
                new Class<?>[] {HttpRequest.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "method" -> "GET";
                    case "path" -> "/";
                    case "remoteAddress" -> ClientAddress.parse(peer);
                    case "headers" -> values(lines, arguments[0]);
                    case "hasHeader" -> !values(lines, arguments[0]).isEmpty();
                    case "attribute" -> null;
                    default -> throw new AssertionError("not read: " + method);
                });
    }

    private static List<String> values(List<String> lines, Object name) {
        String prefix = name + ":";
        return lines.stream()
                .filter(line -> line.regionMatches(true, 0, prefix, 0, prefix.length()))
                .map(line -> line.substring(prefix.length()).strip())
                .toList();
    }
}
