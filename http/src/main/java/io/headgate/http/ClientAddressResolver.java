package io.headgate.http;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells whose address a request counts for. A resolver is called once a request, by many threads at once, and must not
 * block.
 *
 * <p>The resolvers made here never ask a name server, never throw because of what a client sent, and look at no more than the
 * last 64 elements within the last 8 KiB of a header. One of your own may be a lambda:
 *
 * <pre>{@code
 * ClientAddressResolver behindProxies = ClientAddressResolver.xForwardedFor(List.of(AddressRange.parse("10.0.0.0/8")));
 * ClientAddressResolver own = request -> ClientAddress.tryParse(String.valueOf(request.query("client")));
 * }</pre>
 *
 * <p>Those that take {@code trusted} ranges believe a header only as far as it was written by trusted proxies: if the
 * peer is not one of them, the peer is the client and the header is ignored. Otherwise the elements are walked from the
 * last to the first, and the first address that is no trusted proxy is the client. An element that is no address ends
 * the walk at the proxy that sent it; if all are trusted, the leftmost is the client. With no ranges at all, headers are
 * never believed.
 */
@FunctionalInterface
public interface ClientAddressResolver {

    /**
     * The client that the request counts for.
     *
     * @param request the request
     * @return the address; null if the request has none, so that the filter's {@link NoAddress} policy decides
     */
    @Nullable
    ClientAddress resolve(HttpRequest request);

    /**
     * The other end of the connection. Right where clients connect directly, and where the container itself has put the
     * client's address in its place (Tomcat's {@code RemoteIpValve}).
     *
     * @return the resolver
     */
    static ClientAddressResolver remoteAddress() {
        return new TrustedHops(null, List.of());
    }

    /**
     * The nearest hop in {@code X-Forwarded-For} that is no trusted proxy.
     *
     * @param trusted the ranges of your own proxies
     * @return the resolver
     */
    static ClientAddressResolver xForwardedFor(Collection<AddressRange> trusted) {
        return new TrustedHops("X-Forwarded-For", trusted);
    }

    /**
     * The nearest hop in {@code Forwarded} (RFC 7239) that is no trusted proxy.
     *
     * @param trusted the ranges of your own proxies
     * @return the resolver
     */
    static ClientAddressResolver forwarded(Collection<AddressRange> trusted) {
        return new TrustedHops("Forwarded", trusted);
    }

    /**
     * The address in a header of another name that a trusted proxy sets, such as {@code CF-Connecting-IP}. If there is
     * more than one address, they are walked as in {@code X-Forwarded-For}.
     *
     * @param name the name of the header, in any case
     * @param trusted the ranges of the proxies that set it
     * @return the resolver
     * @throws IllegalArgumentException if the name cannot be that of a header
     */
    static ClientAddressResolver header(String name, Collection<AddressRange> trusted) {
        return new TrustedHops(HeaderName.require(name), trusted);
    }

    /**
     * An element of {@code X-Forwarded-For} by its position, whatever the peer is. Right only where every connection comes
     * through proxies that append exactly so many elements, each the address that it sees. With AJP or the PROXY protocol a proxy
     * appends none.
     *
     * @param trustedHops how many elements they append: 1 takes the last one, 2 the one before; 1 to 64
     * @return the resolver; the peer is the client where there are fewer elements or the element is no address
     * @throws IllegalArgumentException if the number is out of its range
     */
    static ClientAddressResolver xForwardedForHops(int trustedHops) {
        return new CountedHops("X-Forwarded-For", trustedHops);
    }

    /**
     * An element of {@code Forwarded} (RFC 7239) by its position, whatever the peer is. Right only where every connection
     * comes through proxies that append exactly so many elements, each the address that it sees. With AJP or the PROXY protocol
     * a proxy appends none.
     *
     * @param trustedHops how many elements they append: 1 takes the last one, 2 the one before; 1 to 64
     * @return the resolver; the peer is the client where there are fewer elements or the element is no address
     * @throws IllegalArgumentException if the number is out of its range
     */
    static ClientAddressResolver forwardedHops(int trustedHops) {
        return new CountedHops("Forwarded", trustedHops);
    }
}
