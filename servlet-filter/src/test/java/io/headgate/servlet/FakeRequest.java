package io.headgate.servlet;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** As much of a request as the filter reads; everything else throws. */
final class FakeRequest {

    final Map<String, Object> attributes = new HashMap<>();
    private final Map<String, List<String>> headers = new HashMap<>();
    private @Nullable String peer = "192.0.2.1";
    private String method = "GET";
    private @Nullable String path = "/";
    private DispatcherType dispatch = DispatcherType.REQUEST;
    private ServletContext context = FakeConfig.of("any", Map.of()).getServletContext();

    static FakeRequest from(@Nullable String peer) {
        FakeRequest request = new FakeRequest();
        request.peer = peer;
        return request;
    }

    FakeRequest header(String name, String... lines) {
        headers.computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                .addAll(List.of(lines));
        return this;
    }

    FakeRequest method(String method) {
        this.method = method;
        return this;
    }

    /** Null for a path that the container refuses to decode. */
    FakeRequest path(@Nullable String path) {
        this.path = path;
        return this;
    }

    FakeRequest dispatch(DispatcherType dispatch) {
        this.dispatch = dispatch;
        return this;
    }

    FakeRequest in(ServletContext context) {
        this.context = context;
        return this;
    }

    HttpServletRequest http() {
        return (HttpServletRequest) Proxy.newProxyInstance(
                FakeRequest.class.getClassLoader(),
                new Class<?>[] {HttpServletRequest.class},
                (proxy, called, args) -> answer(called.getName(), args));
    }

    private @Nullable Object answer(String called, Object @Nullable [] args) {
        String name = args == null ? "" : args[0].toString();
        List<String> lines = headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
        return switch (called) {
            case "getRemoteAddr" -> peer;
            case "getMethod" -> method;
            case "getServletPath" -> {
                if (path == null) {
                    throw new IllegalArgumentException("ambiguous");
                }
                yield path;
            }
            case "getPathInfo" -> null;
            case "getDispatcherType" -> dispatch;
            case "getHeaders" -> Collections.enumeration(lines);
            case "getHeader" -> lines.isEmpty() ? null : lines.get(0);
            case "getAttribute" -> attributes.get(name);
            case "setAttribute" -> args == null ? null : attributes.put(name, args[1]);
            case "isAsyncStarted" -> false;
            case "getServletContext" -> context;
            default -> throw new UnsupportedOperationException(called);
        };
    }
}
