package io.headgate.servlet;

import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration of a filter. */
record FakeConfig(String name, Map<String, String> params, ServletContext context) implements FilterConfig {

    static FakeConfig of(String name, Map<String, String> params) {
        return new FakeConfig(name, params, FakeContext.empty());
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
        return context;
    }
}
