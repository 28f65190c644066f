package io.headgate.http;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.net.PrefixTable;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The resolver that walks back through trusted proxies to the first hop that is none. Immutable. */
final class TrustedHops implements ClientAddressResolver {

    /** The prefix lengths of 10.0.0.0/8 and fc00::/7. */
    private static final int WIDEST_PRIVATE_IPV4 = 8;

    private static final int WIDEST_PRIVATE_IPV6 = 7;

    private final @Nullable String header;
    private final HopFormat format;
    private final List<AddressRange> trusted;
    private final PrefixTable<Boolean> proxies;

    /** Without a header or without trusted ranges the peer is always the client. */
    TrustedHops(@Nullable String header, Collection<AddressRange> trusted) {
        this.header = header;
        this.format = header == null ? HopFormat.ADDRESS : HopFormat.of(header);
        this.trusted = List.copyOf(trusted);
        this.proxies = PrefixTable.of(this.trusted, true);
    }

    @Override
    public @Nullable ClientAddress resolve(HttpRequest request) {
        ClientAddress peer = peer(request);
        if (peer == null || header == null || !trusts(peer)) {
            return peer;
        }
        HopList hops = new HopList(request.headers(header), format);
        ClientAddress last = peer;
        while (hops.hasNext()) {
            ClientAddress hop = hops.next();
            if (hop == null) {
                // The hop that handed us garbage pays for it: nobody further left can be believed.
                return last;
            }
            if (!trusts(hop)) {
                return hop;
            }
            last = hop;
        }
        return last;
    }

    /** The address at the other end of the connection; null if it is none that a client can have. */
    static @Nullable ClientAddress peer(HttpRequest request) {
        ClientAddress peer = request.remoteAddress();
        return peer == null || HopFormat.isUnspecified(peer) ? null : peer;
    }

    /** Whether an address is that of a proxy of the user's own. */
    boolean trusts(ClientAddress address) {
        return proxies.get(address) != null;
    }

    /** Whether no header is ever believed. */
    boolean trustsNobody() {
        return header == null || trusted.isEmpty();
    }

    /** A range that is wider than any private network, so that clients are in it, who could write their own address. */
    Optional<AddressRange> rangeOfClients() {
        return trusted.stream()
                .filter(range -> range.prefixLength() < (range.isIpv4() ? WIDEST_PRIVATE_IPV4 : WIDEST_PRIVATE_IPV6))
                .findFirst();
    }

    /** Whether the request came from a trusted proxy that did not say for whom. */
    boolean isMissingHeader(HttpRequest request) {
        ClientAddress peer = peer(request);
        return header != null && peer != null && trusts(peer) && !request.hasHeader(header);
    }

    /** What kind of text ended the walk at a trusted proxy, in place of an address; null if none did. */
    @Nullable
    String obstacle(HttpRequest request) {
        HopList hops = new HopList(request.headers(String.valueOf(header)), format);
        while (hops.hasNext()) {
            ClientAddress hop = hops.next();
            if (hop == null) {
                return hops.kind();
            }
            if (!trusts(hop)) {
                return null;
            }
        }
        return null;
    }

    @Nullable
    String header() {
        return header;
    }
}
