package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.security.Principal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request that is what it is told to be. */
final class FakeRequest implements HttpRequest {

    final Map<String, Object> attributes = new HashMap<>();
    private final Map<String, List<String>> headers = new HashMap<>();
    private final Map<String, String> parameters = new HashMap<>();
    private @Nullable ClientAddress peer = ClientAddress.parse("192.0.2.1");
    private String method = "GET";
    private @Nullable String path = "/";
    private String contextPath = "";
    private boolean takesAttributes = true;
    private @Nullable String principal;
    private Set<String> roles = Set.of();

    /** The peer as a server writes it; null, and what is no address, for a request that has none. */
    static FakeRequest from(@Nullable String peer) {
        FakeRequest request = new FakeRequest();
        request.peer = peer == null ? null : ClientAddress.tryParseEndpoint(peer, 0, peer.length());
        return request;
    }

    FakeRequest header(String name, String... lines) {
        headers.computeIfAbsent(name.toLowerCase(Locale.ROOT), n -> new ArrayList<>())
                .addAll(List.of(lines));
        return this;
    }

    /** As authentication leaves it. */
    FakeRequest principal(String name, String... roles) {
        this.principal = name;
        this.roles = Set.of(roles);
        return this;
    }

    FakeRequest parameter(String name, String value) {
        parameters.put(name, value);
        return this;
    }

    FakeRequest method(String method) {
        this.method = method;
        return this;
    }

    /** One whose server, or a listener in it, fails when an attribute is set. */
    FakeRequest withoutAttributes() {
        takesAttributes = false;
        return this;
    }

    /** Null for a path that the server refuses to decode. */
    FakeRequest path(@Nullable String path) {
        this.path = path;
        return this;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public @Nullable String path() {
        return path;
    }

    FakeRequest contextPath(String contextPath) {
        this.contextPath = contextPath;
        return this;
    }

    @Override
    public String contextPath() {
        return contextPath;
    }

    @Override
    public @Nullable ClientAddress remoteAddress() {
        return peer;
    }

    @Override
    public List<String> headers(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public @Nullable String query(String name) {
        return parameters.get(name);
    }

    @Override
    public @Nullable Principal principal() {
        return principal == null ? null : () -> principal;
    }

    @Override
    public boolean hasRole(String role) {
        return roles.contains(role);
    }

    @Override
    public @Nullable Object attribute(String name) {
        return attributes.get(name);
    }

    @Override
    public void attribute(String name, @Nullable Object value) {
        if (!takesAttributes) {
            throw new IllegalStateException("on purpose");
        }
        if (value == null) {
            attributes.remove(name);
        } else {
            attributes.put(name, value);
        }
    }

    @Override
    public <T> @Nullable T unwrap(Class<T> type) {
        return type.isInstance(this) ? type.cast(this) : null;
    }
}
