package io.headgate.spring;

import io.headgate.plan.PlanCache;
import io.headgate.plan.PlanSource;
import io.headgate.servlet.RateLimitFilter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.util.ClassUtils;

/** The beans of the application that know the plans of keys: a source, or a cache in front of one. Those of other keys are for something else. */
final class PlanBeans {

    private static final String CAFFEINE = "com.github.benmanes.caffeine.cache.Caffeine";

    private PlanBeans() {}

    /** Whether there is one. */
    static boolean exist(ListableBeanFactory beans) {
        return !names(beans, PlanSource.class).isEmpty()
                || !names(beans, PlanCache.class).isEmpty();
    }

    /**
     * Lets a filter ask the one that there is; the primary one of several.
     *
     * @throws BeanConflictException if there are several, or if what keeps the plans is missing
     */
    @SuppressWarnings("unchecked") // the names were found by that type
    static void configure(ListableBeanFactory beans, RateLimitFilter.Builder builder) {
        List<String> sources = names(beans, PlanSource.class);
        List<String> caches = names(beans, PlanCache.class);
        if (!sources.isEmpty() && !caches.isEmpty()) {
            throw BeanConflictException.sourceAndCache(
                    Stream.concat(sources.stream(), caches.stream()).toList());
        }
        String source = only(beans, PlanSource.class, sources);
        String cache = only(beans, PlanCache.class, caches);
        if (source != null) {
            if (!hasCaffeine(beans)) {
                throw BeanConflictException.withoutCaffeine(source);
            }
            builder.planSource((PlanSource<String>) beans.getBean(source));
        } else if (cache != null) {
            builder.planCache((PlanCache<String>) beans.getBean(cache));
        }
    }

    private static @Nullable String only(ListableBeanFactory beans, Class<?> type, List<String> names) {
        if (names.size() < 2) {
            return names.isEmpty() ? null : names.get(0);
        }
        List<String> primary = names.stream()
                .filter(name -> LimiterBeans.isPrimary(beans, name))
                .toList();
        if (primary.size() != 1) {
            throw BeanConflictException.several(type, names);
        }
        return primary.get(0);
    }

    private static List<String> names(ListableBeanFactory beans, Class<?> type) {
        return Arrays.stream(beans.getBeanNamesForType(type, true, false))
                .filter(name -> ApplicationLimiters.keyType(beans, name, type).isAssignableFrom(String.class))
                .toList();
    }

    /** Whether the library is there that keeps plans of keys, and what is evicted by use. */
    static boolean hasCaffeine(ListableBeanFactory beans) {
        return ClassUtils.isPresent(CAFFEINE, classLoader(beans));
    }

    private static @Nullable ClassLoader classLoader(ListableBeanFactory beans) {
        return beans instanceof ConfigurableListableBeanFactory factory ? factory.getBeanClassLoader() : null;
    }
}
