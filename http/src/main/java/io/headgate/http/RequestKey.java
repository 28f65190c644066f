package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.security.Principal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What requests are limited by: the client's address, the principal, a header field, or several of these together. Immutable.
 *
 * <pre>{@code
 * RequestKey.parse("client");              // the address, which is the default
 * RequestKey.parse("principal");           // who has logged in, from wherever
 * RequestKey.parse("header X-API-Key");    // whoever sends this value
 * RequestKey.parse("client + principal");  // who has logged in, at each address anew
 * }</pre>
 *
 * <p>A client is an IPv4 address, or an IPv6 network by the option {@code ipv6Prefix}. A principal has been authenticated. A header field is what the client wrote: it is <dfn>unverified</dfn>, and limits
 * in addition to the client's own limits, unless a {@code PlanSource} knows it. A request that lacks a part of
 * its key is limited by address.
 */
public final class RequestKey {

    static final String FORM =
            "the form is client, principal, header NAME, or several of them with \" + \" between them, such as \"client + principal\"";

    /** By the address of the client. */
    public static final RequestKey CLIENT = new RequestKey(List.of(new Part(Kind.CLIENT, null)));

    private enum Kind {
        CLIENT,
        PRINCIPAL,
        HEADER
    }

    /** One part; the name is that of a header. */
    private record Part(Kind kind, @Nullable String name) {

        @Nullable
        String of(HttpRequest request, @Nullable ClientAddress client, KeyDigest digest) {
            return switch (kind) {
                case CLIENT -> client == null ? null : digest.client(client);
                case PRINCIPAL -> principal(request.principal());
                case HEADER -> header(request.headers(Objects.requireNonNull(name)));
            };
        }

        private static @Nullable String principal(@Nullable Principal principal) {
            String name = principal == null ? null : principal.getName();
            return name == null || name.isEmpty() ? null : name;
        }

        /** Two lines are two claims, of which none is better: no value at all. */
        private static @Nullable String header(List<String> lines) {
            String value = lines.size() == 1 ? lines.get(0).strip() : "";
            return value.isEmpty() ? null : value;
        }

        @Override
        public String toString() {
            return kind == Kind.HEADER ? "header " + name : kind == Kind.CLIENT ? "client" : "principal";
        }
    }

    private final List<Part> parts;

    private RequestKey(List<Part> parts) {
        this.parts = parts;
    }

    /**
     * Reads a key.
     *
     * @param text such as {@code client + principal}
     * @return the key
     * @throws IllegalArgumentException if the text has another form, or names a part twice
     */
    public static RequestKey parse(String text) {
        List<Part> parts = new ArrayList<>();
        for (String part : text.strip().split("\\s*\\+\\s*", -1)) {
            parts.add(part(part, text));
        }
        if (new HashSet<>(parts).size() < parts.size()) {
            throw new IllegalArgumentException("\"" + text + "\" names a part twice; " + FORM);
        }
        return new RequestKey(List.copyOf(parts));
    }

    private static Part part(String part, String text) {
        String[] words = part.split("\\s+", -1);
        if (Arrays.equals(words, new String[] {"client"})) {
            return new Part(Kind.CLIENT, null);
        }
        if (Arrays.equals(words, new String[] {"principal"})) {
            return new Part(Kind.PRINCIPAL, null);
        }
        if (words.length == 2 && words[0].equals("header")) {
            return new Part(Kind.HEADER, HeaderName.require(words[1]).toLowerCase(Locale.ROOT));
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a key; " + FORM);
    }

    /** Whether it is the client's address, and nothing else. */
    boolean isClient() {
        return equals(CLIENT);
    }

    /** Whether clients cannot make it up. */
    boolean isVerified() {
        return parts.stream().noneMatch(part -> part.kind() == Kind.HEADER);
    }

    /**
     * Whether a part of it is a principal, which is known only behind authentication.
     *
     * @return false for a key that can be found before
     */
    public boolean needsPrincipal() {
        return parts.stream().anyMatch(part -> part.kind() == Kind.PRINCIPAL);
    }

    /** The key of a request; null if a part is missing. */
    @Nullable
    String of(HttpRequest request, @Nullable ClientAddress client, KeyDigest digest) {
        if (parts.size() == 1) {
            String only = parts.get(0).of(request, client, digest);
            return only == null ? null : digest.bounded(only);
        }
        StringBuilder all = new StringBuilder();
        for (Part part : parts) {
            String value = part.of(request, client, digest);
            if (value == null) {
                return null;
            }
            // The length keeps parts apart, whatever is in them.
            all.append(value.length()).append(':').append(value);
        }
        return digest.bounded(all.toString());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RequestKey that && parts.equals(that.parts);
    }

    @Override
    public int hashCode() {
        return parts.hashCode();
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return parts.stream().map(Part::toString).collect(Collectors.joining(" + "));
    }
}
