package io.headgate;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** What a limiter that is made of others tells of them all. */
final class Members {

    private Members() {}

    /** Each limiter once, in their order. */
    static <K> List<Limiter<K>> distinct(List<? extends Limiter<K>> limiters) {
        Set<Limiter<K>> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Limiter<K>> distinct = new ArrayList<>(limiters);
        distinct.removeIf(limiter -> !seen.add(limiter));
        return List.copyOf(distinct);
    }

    /** The names, such as {@code free|pro}; a name that all have, once. */
    static String name(List<? extends Limiter<?>> limiters, String separator) {
        return limiters.stream()
                .map(limiter -> Objects.requireNonNullElse(limiter.name(), "limiter"))
                .distinct()
                .collect(Collectors.joining(separator));
    }

    /** A number that all have which track keys; empty if they differ, or one is not known. */
    static OptionalInt common(List<? extends Limiter<?>> limiters, Function<Limiter<?>, OptionalInt> number) {
        List<OptionalInt> numbers = limiters.stream()
                .filter(limiter -> !(limiter instanceof UnlimitedLimiter))
                .map(number)
                .distinct()
                .toList();
        return numbers.size() == 1 ? numbers.get(0) : OptionalInt.empty();
    }

    /** The sums of what they have counted, each call once. Who counts nothing is left out. */
    static LimiterStats counts(List<? extends Limiter<?>> limiters) {
        List<LimiterStats> all = limiters.stream()
                .map(limiter -> Objects.requireNonNullElse(limiter.stats(), LimiterStats.unknown()))
                .filter(stats -> !stats.isUnknown())
                .toList();
        if (all.isEmpty()) {
            return LimiterStats.unknown();
        }
        LimiterStats.Builder sums = LimiterStats.builder()
                .allowed(sum(all, LimiterStats::allowed))
                .denied(sum(all, LimiterStats::denied))
                .deniedAtCapacity(sum(all, LimiterStats::deniedAtCapacity))
                .overflowed(sum(all, LimiterStats::overflowed))
                .nearLimit(sum(all, LimiterStats::nearLimit))
                .undone(sum(all, LimiterStats::undone))
                .droppedPermits(sum(all, LimiterStats::droppedPermits));
        // A call that one limit denied counts under it; the rest of them under none, if a limiter does not tell.
        if (all.stream()
                .allMatch(stats -> stats.denied() == 0 || !stats.deniedByLimit().isEmpty())) {
            all.stream()
                    .flatMap(stats -> stats.deniedByLimit().keySet().stream())
                    .distinct()
                    .forEach(limit -> sums.denied(limit, sum(all, stats -> stats.denied(limit))));
        }
        return sums.build();
    }

    /** The largest number where the sum would be more: one limiter alone may have counted so much. */
    private static long sum(List<LimiterStats> all, ToLongFunction<LimiterStats> number) {
        return all.stream().mapToLong(number).reduce(0, Charger::sumOrMost);
    }

    /** Closes them all, also if one fails to. */
    static void close(List<? extends Limiter<?>> limiters) {
        forEach(limiters, Limiter::close);
    }

    /** Does something to each, also if it fails for some. Throws the first failure. */
    static <T> void forEach(List<? extends T> all, Consumer<? super T> task) {
        RuntimeException failure = null;
        for (T each : all) {
            try {
                task.accept(each);
            } catch (RuntimeException e) {
                if (failure == null) {
                    failure = e;
                } else if (failure != e) { // which an exception cannot suppress
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
