package io.headgate.http;

import io.headgate.Decision;
import io.headgate.net.ClientAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which rule, key and plan a request meets, and what would be answered now: {@link RequestLimiter#explain}. It has no key. Immutable.
 *
 * <pre>{@code
 * Explanation answer = limits.explain(request);
 * List<String> limiters = answer.asked().stream().map(Explanation.Asked::limiter).toList();
 * String line = answer.outcome() + " under " + limiters;  // such as "allowed under [default]"
 * }</pre>
 *
 * @param passes whether the request would go on to the application
 * @param outcome {@code allowed}, {@code denied}, {@code dry-run-denied}, {@code exempt}, {@code uncharged}, {@code unaddressed},
 *     {@code failed-open} or {@code failed-closed}
 * @param client whose request it is, before limiters mask the address; empty if it has no address, or none is looked for
 * @param met what it is under: one, or two where its path can be read in two ways; empty if no rule was looked for
 * @param asked the limiters that would be asked, in their order, until one denies
 * @param retryAfter when it would pass, if nobody else takes from the same buckets; empty if it passes, or no wait can be promised
 */
public record Explanation(
        boolean passes,
        String outcome,
        Optional<ClientAddress> client,
        List<Met> met,
        List<Asked> asked,
        Optional<Duration> retryAfter) {

    /** Takes what is not to change. */
    public Explanation {
        met = List.copyOf(met);
        asked = List.copyOf(asked);
    }

    /** Of a verdict that was come to by looks alone, on a request that meets these. */
    static Explanation of(Verdict verdict, @Nullable ClientAddress client, List<Met> met) {
        List<Asked> asked = new ArrayList<>();
        for (Verdict each = verdict; each != null; each = each.before()) {
            Charge<?> charge = each.charge();
            Decision answer = each.answer();
            if (charge != null && answer != null) {
                // The name of a mock is null.
                String limiter = Objects.requireNonNullElse(charge.limiter().name(), "limiter");
                asked.add(
                        0, new Asked(limiter, charge.permits(), charge.policy().dryRun(), answer));
            }
        }
        Optional<Duration> wait =
                verdict.passes() ? Optional.empty() : verdict.decision().flatMap(Decision::retryAfter);
        return new Explanation(
                verdict.passes(), verdict.outcome().text(), Optional.ofNullable(client), met, asked, wait);
    }

    /**
     * A rule, or the general limits.
     *
     * @param rule its name; empty for the general limits
     * @param key what it limits by
     * @param hasKey whether the request has that
     * @param plan the plan that decides; empty if none is known
     */
    public record Met(Optional<String> rule, RequestKey key, boolean hasKey, Optional<String> plan) {}

    /**
     * A limiter that would be asked.
     *
     * @param limiter its name
     * @param permits for how many permits
     * @param isDryRun whether its denial is only counted
     * @param decision what it would answer
     */
    public record Asked(String limiter, long permits, boolean isDryRun, Decision decision) {}
}
