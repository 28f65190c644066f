package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.core.ResolvableType;

/**
 * The application's own limiters of client addresses. One of them limits all requests, in place of {@code headgate.limits}, if
 * the application asks for it by the bean's name or qualifier; the others are for something else.
 */
final class LimiterBeans {

    static final String NAME = "headgateLimiter";
    static final String QUALIFIER = "headgate";
    private static final ResolvableType TYPE = ResolvableType.forClassWithGenerics(Limiter.class, ClientAddress.class);

    private LimiterBeans() {}

    /** The names of those that are asked to limit all requests. */
    static List<String> asked(ListableBeanFactory beans) {
        return all(beans).filter(name -> isAsked(beans, name)).toList();
    }

    /** The names of those that are not. */
    static List<String> others(ListableBeanFactory beans) {
        return all(beans).filter(name -> !isAsked(beans, name)).toList();
    }

    /**
     * The one that limits all requests.
     *
     * @throws LimiterConflictException if there are several, or limits as well, or one that was asked has other keys
     */
    @SuppressWarnings("unchecked") // the names were found by that type
    static @Nullable Limiter<ClientAddress> general(ListableBeanFactory beans, HeadgateProperties properties) {
        List<String> asked = asked(beans);
        requireNoOtherKeys(beans, asked);
        if (asked.size() > 1) {
            throw LimiterConflictException.ofBeans(asked);
        }
        if (!asked.isEmpty() && !properties.limits().isEmpty()) {
            throw LimiterConflictException.withLimits(asked.get(0));
        }
        return asked.isEmpty() ? null : (Limiter<ClientAddress>) beans.getBean(asked.get(0));
    }

    /** A limiter that is asked to limit all requests, and cannot, would be passed over in silence. */
    private static void requireNoOtherKeys(ListableBeanFactory beans, List<String> asked) {
        Arrays.stream(beans.getBeanNamesForType(Limiter.class, true, false))
                .filter(name -> isAsked(beans, name) && !asked.contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw LimiterConflictException.ofOtherKeys(name);
                });
    }

    private static Stream<String> all(ListableBeanFactory beans) {
        return Arrays.stream(beans.getBeanNamesForType(TYPE, true, false));
    }

    private static boolean isAsked(ListableBeanFactory beans, String name) {
        return BeanFactoryAnnotationUtils.isQualifierMatch(
                wanted -> wanted.equals(NAME) || wanted.equals(QUALIFIER), name, beans);
    }
}
