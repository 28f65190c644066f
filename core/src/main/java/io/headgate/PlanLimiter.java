package io.headgate;

import io.headgate.internal.QuotedText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Limiters of which the plan of a key chooses one: what {@link Limiter#byPlan} makes. Every method asks for the plan
 * once. A decision knows the limiter that made it, so what it gives back goes there.
 */
final class PlanLimiter<K> implements Limiter<K> {

    private final Function<? super K, ? extends @Nullable String> plan;
    private final Map<String, Limiter<K>> limiters;

    PlanLimiter(Function<? super K, ? extends @Nullable String> plan, Map<String, ? extends Limiter<K>> limiters) {
        this.plan = Objects.requireNonNull(plan, "plan");
        Map<String, Limiter<K>> copy = new LinkedHashMap<>();
        limiters.forEach((name, limiter) -> {
            if (Objects.requireNonNull(name, "the name of a plan").isBlank()) {
                throw new IllegalArgumentException("the name of a plan must not be blank");
            }
            copy.put(name, Objects.requireNonNull(limiter, () -> "the limiter of plan " + QuotedText.of(name)));
        });
        if (copy.isEmpty()) {
            throw new IllegalArgumentException("there must be a plan");
        }
        this.limiters = Collections.unmodifiableMap(copy);
    }

    /** Of what there is for each plan, that of a key's. */
    static <V> V choose(Map<String, V> plans, @Nullable String plan) {
        V chosen = plan == null ? null : plans.get(plan);
        if (chosen == null) {
            chosen = plans.get(DEFAULT_PLAN);
        }
        if (chosen == null) {
            throw new IllegalStateException(
                    (plan == null ? "a key has no plan" : "there is no plan " + QuotedText.of(plan))
                            + ", and none is called \"" + DEFAULT_PLAN + "\"; the plans are "
                            + plans.keySet().stream().map(QuotedText::of).collect(Collectors.joining(", ")));
        }
        return chosen;
    }

    private Limiter<K> of(K key) {
        return choose(limiters, plan.apply(key));
    }

    Function<? super K, ? extends @Nullable String> plan() {
        return plan;
    }

    Map<String, Limiter<K>> limiters() {
        return limiters;
    }

    @Override
    public Limiter<K> chosen(K key) {
        return of(key).chosen(key);
    }

    @Override
    public boolean tryAcquire(K key, long permits) {
        return of(key).tryAcquire(key, permits);
    }

    @Override
    public Decision decide(K key, long permits) {
        return of(key).decide(key, permits);
    }

    @Override
    public CompletionStage<Decision> decideAsync(K key, long permits) {
        try {
            return of(key).decideAsync(key, permits);
        } catch (Exception e) { // of the function, and of a limiter that throws instead of failing its stage
            return CompletableFuture.failedStage(e);
        }
    }

    @Override
    public Decision peek(K key, long permits) {
        return of(key).peek(key, permits);
    }

    @Override
    public void refund(K key, long permits) {
        of(key).refund(key, permits);
    }

    @Override
    public void charge(K key, long permits) {
        of(key).charge(key, permits);
    }

    /** Under every plan: the key owes nothing, whichever it has next. */
    @Override
    public void reset(K key) {
        Members.forEach(distinct(), limiter -> limiter.reset(key));
    }

    @Override
    public String name() {
        return Members.name(distinct(), "|");
    }

    /** Those of all plans: a key is under those of its own. */
    @Override
    public List<Limit> limits() {
        Set<Limit> all = new LinkedHashSet<>();
        limiters.values().forEach(limiter -> all.addAll(limiter.limits()));
        return List.copyOf(all);
    }

    /** The sum of the counts of all plans. */
    @Override
    public LimiterStats stats() {
        return Members.counts(distinct());
    }

    @Override
    public K tracked(K key) {
        return of(key).tracked(key);
    }

    @Override
    public OptionalInt ipv4Prefix() {
        return Members.common(distinct(), Limiter::ipv4Prefix);
    }

    @Override
    public OptionalInt ipv6Prefix() {
        return Members.common(distinct(), Limiter::ipv6Prefix);
    }

    @Override
    public List<Limiter<?>> members() {
        return List.copyOf(distinct());
    }

    @Override
    public void close() {
        Members.close(distinct());
    }

    /** Each limiter once, although several plans may have it. */
    private List<Limiter<K>> distinct() {
        return Members.distinct(new ArrayList<>(limiters.values()));
    }
}
