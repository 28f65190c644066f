package io.headgate.http;

import io.headgate.net.ClientAddress;
import org.jspecify.annotations.Nullable;

/** The resolver that takes an element of a forwarding header by its position from the right. Immutable. */
final class CountedHops implements ClientAddressResolver {

    private final String header;
    private final HopFormat format;
    private final int position;

    CountedHops(String header, int position) {
        if (position < 1 || position > HopList.MAX_HOPS) {
            throw new IllegalArgumentException(
                    "the number of trusted hops must be 1 to " + HopList.MAX_HOPS + ", not " + position);
        }
        this.header = header;
        this.format = HopFormat.of(header);
        this.position = position;
    }

    @Override
    public @Nullable ClientAddress resolve(HttpRequest request) {
        HopList hops = new HopList(request.headers(header), format);
        ClientAddress hop = null;
        for (int i = 0; i < position; i++) {
            if (!hops.hasNext()) {
                return TrustedHops.peer(request);
            }
            // Only the element in its position counts; garbage to the right of it is somebody else's.
            hop = hops.next();
        }
        return hop == null ? TrustedHops.peer(request) : hop;
    }

    /** Whether the header has fewer elements than there are hops to be counted. */
    boolean isShort(HttpRequest request) {
        HopList hops = new HopList(request.headers(header), format);
        int found = 0;
        while (found < position && hops.hasNext()) {
            hops.next();
            found++;
        }
        return found < position;
    }

    String header() {
        return header;
    }
}
