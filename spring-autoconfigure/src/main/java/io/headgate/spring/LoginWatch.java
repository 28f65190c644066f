package io.headgate.spring;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.stream.Stream;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.framework.ProxyFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.security.authentication.AuthenticationEventPublisher;
import org.springframework.security.authentication.AuthenticationManager;
import org.springframework.security.core.Authentication;
import org.springframework.util.ReflectionUtils;

/**
 * Sees which logins fail, where passwords are checked: in beans that check them, and in the bean that is told of every check by those
 * that are no beans. An event would come too late, from another thread, or not at all.
 */
final class LoginWatch implements BeanPostProcessor {

    private static final String FAILURE = "publishAuthenticationFailure";
    private static final String SUCCESS = "publishAuthenticationSuccess";
    private static final String CHECK = "authenticate";

    private final ObjectProvider<HeadgateProperties> properties;

    LoginWatch(ObjectProvider<HeadgateProperties> properties) {
        this.properties = properties;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (!(bean instanceof AuthenticationManager || bean instanceof AuthenticationEventPublisher) || !isAskedFor()) {
            return bean;
        }
        ProxyFactory proxy = new ProxyFactory(bean);
        // Applications inject their own by its class as well, which only a subclass can stand in for.
        proxy.setProxyTargetClass(isExtensible(bean.getClass()));
        proxy.addAdvice((MethodInterceptor) LoginWatch::watch);
        return proxy.getProxy(bean.getClass().getClassLoader());
    }

    /** Whether a subclass hands on every call: a final method would be called on the subclass, which has no state. */
    private static boolean isExtensible(Class<?> type) {
        return !Modifier.isFinal(type.getModifiers())
                && Stream.of(type.getDeclaredConstructors())
                        .anyMatch(constructor -> !Modifier.isPrivate(constructor.getModifiers()))
                && Stream.of(ReflectionUtils.getAllDeclaredMethods(type))
                        .filter(method -> method.getDeclaringClass() != Object.class)
                        .map(Method::getModifiers)
                        .noneMatch(modifiers -> Modifier.isFinal(modifiers)
                                && !Modifier.isStatic(modifiers)
                                && !Modifier.isPrivate(modifiers));
    }

    private boolean isAskedFor() {
        HeadgateProperties known = properties.getIfAvailable();
        return known != null && known.enabled() && known.chargesFailedLogins();
    }

    private static @Nullable Object watch(MethodInvocation call) throws Throwable {
        String method = call.getMethod().getName();
        if (method.equals(FAILURE)) {
            LoginOutcome.failed();
        }
        if (!method.equals(SUCCESS) && !isCheck(call)) {
            return call.proceed();
        }
        try {
            Object result = call.proceed();
            // What is told of a success may still object to it, so it is none before.
            if (method.equals(SUCCESS) || (result instanceof Authentication user && user.isAuthenticated())) {
                LoginOutcome.passed();
            }
            return result;
        } catch (Throwable e) {
            // Also what is no AuthenticationException: nobody has shown that the password was right.
            LoginOutcome.failed();
            throw e;
        }
    }

    private static boolean isCheck(MethodInvocation call) {
        Object[] arguments = call.getArguments();
        return call.getMethod().getName().equals(CHECK)
                && arguments.length == 1
                && arguments[0] instanceof Authentication;
    }
}
