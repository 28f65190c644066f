package io.headgate.spring;

import io.headgate.Limiter;
import io.headgate.net.ClientAddress;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.ResolvableType;

/**
 * The application's own limiters of client addresses. One of them limits all requests, in place of {@code headgate.limits}, if
 * the application asks for it by the bean's name or qualifier; the others are for something else.
 */
final class LimiterBeans {

    static final String NAME = "headgateLimiter";
    static final String QUALIFIER = "headgate";
    private static final ResolvableType OF_CLIENTS =
            ResolvableType.forClassWithGenerics(Limiter.class, ClientAddress.class);

    private LimiterBeans() {}

    /** The names of those that are asked to limit all requests, whatever their keys are. */
    static List<String> asked(ListableBeanFactory beans) {
        return Arrays.stream(beans.getBeanNamesForType(Limiter.class, true, false))
                .filter(name -> isAsked(beans, name))
                .toList();
    }

    /** The names of those of client addresses that are not. */
    static List<String> others(ListableBeanFactory beans) {
        return ofClients(beans).stream().filter(name -> !isAsked(beans, name)).toList();
    }

    /**
     * The one that limits all requests; the primary one of several.
     *
     * @throws BeanConflictException if there are several, or limits as well, or one that was asked has other keys
     */
    @SuppressWarnings("unchecked") // the names were found by that type
    static @Nullable Limiter<ClientAddress> general(ListableBeanFactory beans, HeadgateProperties properties) {
        List<String> asked = asked(beans);
        List<String> ofClients = ofClients(beans);
        for (String name : asked) {
            // It would be passed over in silence.
            if (!ofClients.contains(name)) {
                throw BeanConflictException.limiterOfOtherKeys(name);
            }
        }
        List<String> chosen = asked.size() < 2
                ? asked
                : asked.stream().filter(name -> isPrimary(beans, name)).toList();
        if (chosen.size() != Math.min(asked.size(), 1)) {
            throw BeanConflictException.severalLimiters(asked);
        }
        if (!chosen.isEmpty() && !properties.limits().isEmpty()) {
            throw BeanConflictException.limiterWithLimits(chosen.get(0));
        }
        return chosen.isEmpty() ? null : (Limiter<ClientAddress>) beans.getBean(chosen.get(0));
    }

    private static List<String> ofClients(ListableBeanFactory beans) {
        return List.of(beans.getBeanNamesForType(OF_CLIENTS, true, false));
    }

    private static boolean isAsked(ListableBeanFactory beans, String name) {
        return BeanFactoryAnnotationUtils.isQualifierMatch(
                wanted -> wanted.equals(NAME) || wanted.equals(QUALIFIER), name, beans);
    }

    static boolean isPrimary(ListableBeanFactory beans, String name) {
        return beans instanceof ConfigurableListableBeanFactory factory
                && factory.containsBeanDefinition(name)
                && factory.getMergedBeanDefinition(name).isPrimary();
    }
}
