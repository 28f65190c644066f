package io.headgate.servlet;

import jakarta.servlet.ServletContext;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A context that holds attributes; everything else throws. */
abstract class FakeContext implements ServletContext {

    final Map<String, Object> attributes = new HashMap<>();

    static FakeContext empty() {
        return Partial.of(FakeContext.class);
    }

    @Override
    public @Nullable Object getAttribute(String name) {
        return attributes.get(name);
    }

    @Override
    public void setAttribute(String name, Object value) {
        attributes.put(name, value);
    }

    @Override
    public void removeAttribute(String name) {
        attributes.remove(name);
    }
}
