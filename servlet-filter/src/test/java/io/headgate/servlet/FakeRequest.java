package io.headgate.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** As much of a request as the filter reads; everything else throws. */
abstract class FakeRequest implements HttpServletRequest {

    final Map<String, Object> attributes = new HashMap<>();
    private final Map<String, List<String>> headers = new HashMap<>();
    private @Nullable String peer = "192.0.2.1";
    private String method = "GET";
    private @Nullable String path = "/";
    private @Nullable String pathInfo;
    private @Nullable String query;
    private DispatcherType dispatch = DispatcherType.REQUEST;
    private ServletContext context = FakeContext.empty();
    private @Nullable AsyncContext async;

    static FakeRequest any() {
        return Partial.of(FakeRequest.class);
    }

    static FakeRequest from(@Nullable String peer) {
        FakeRequest request = any();
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

    FakeRequest pathInfo(String pathInfo) {
        this.pathInfo = pathInfo;
        return this;
    }

    FakeRequest query(@Nullable String query) {
        this.query = query;
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

    /** As an application leaves it that called {@code startAsync}. */
    FakeRequest started(AsyncContext async) {
        this.async = async;
        return this;
    }

    @Override
    public @Nullable String getRemoteAddr() {
        return peer;
    }

    @Override
    public String getMethod() {
        return method;
    }

    @Override
    public String getServletPath() {
        if (path == null) {
            throw new IllegalArgumentException("ambiguous");
        }
        return path;
    }

    @Override
    public @Nullable String getPathInfo() {
        return pathInfo;
    }

    @Override
    public @Nullable String getQueryString() {
        return query;
    }

    @Override
    public DispatcherType getDispatcherType() {
        return dispatch;
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return Collections.enumeration(lines(name));
    }

    @Override
    public @Nullable String getHeader(String name) {
        return lines(name).isEmpty() ? null : lines(name).get(0);
    }

    private List<String> lines(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    /** The names of attributes that begin like this. */
    List<String> names(String prefix) {
        return attributes.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .toList();
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

    @Override
    public String getContextPath() {
        return "";
    }

    @Override
    public boolean isAsyncStarted() {
        return async != null;
    }

    @Override
    public AsyncContext getAsyncContext() {
        if (async == null) {
            throw new IllegalStateException("not started");
        }
        return async;
    }

    @Override
    public ServletContext getServletContext() {
        return context;
    }
}
