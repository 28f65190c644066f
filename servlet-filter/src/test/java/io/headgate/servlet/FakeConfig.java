package io.headgate.servlet;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import java.lang.reflect.Proxy;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration of a filter, in a context that holds attributes and nothing else. */
record FakeConfig(String name, Map<String, String> params, Map<String, Object> attributes) implements FilterConfig {

    static FakeConfig of(String name, Map<String, String> params) {
        return new FakeConfig(name, params, new HashMap<>());
    }

    @Override
    public String getFilterName() {
        return name;
    }

    @Override
    public @Nullable String getInitParameter(String param) {
        return params.get(param);
    }

    @Override
    public Enumeration<String> getInitParameterNames() {
        return Collections.enumeration(params.keySet());
    }

    @Override
    public ServletContext getServletContext() {
        return (ServletContext) Proxy.newProxyInstance(
                FakeConfig.class.getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, called, args) -> {
                    return switch (called.getName()) {
                        case "getAttribute" -> attributes.get((String) args[0]);
                        case "setAttribute" -> attributes.put((String) args[0], args[1]);
                        case "removeAttribute" -> attributes.remove((String) args[0]);
                        default -> throw new UnsupportedOperationException(called.getName());
                    };
                });
    }
}
