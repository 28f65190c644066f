package io.headgate.servlet;

import io.headgate.net.ClientAddress;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

/** The resolver that takes an element of a forwarding header by its place from the right. Immutable. */
final class CountedHops implements ClientAddressResolver {

    private final String header;
    private final HopFormat format;
    private final int place;

    CountedHops(String header, int place) {
        if (place < 1 || place > HopList.MAX_HOPS) {
            throw new IllegalArgumentException(
                    "the number of trusted hops must be 1 to " + HopList.MAX_HOPS + ", not " + place);
        }
        this.header = header;
        this.format = HopFormat.of(header);
        this.place = place;
    }

    @Override
    public @Nullable ClientAddress resolve(HttpServletRequest outermost) {
        ContainerRequest request = new ContainerRequest(outermost);
        HopList hops = new HopList(request.lines(header), format);
        ClientAddress hop = null;
        for (int i = 0; i < place; i++) {
            if (!hops.hasNext()) {
                return request.peer();
            }
            // Only the element in its place counts; garbage to the right of it is somebody else's.
            hop = hops.next();
        }
        return hop == null ? request.peer() : hop;
    }
}
