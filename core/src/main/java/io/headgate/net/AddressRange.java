package io.headgate.net;

/** Placeholder with the final signatures. */
public final class AddressRange {
    private final ClientAddress network;

    private AddressRange(ClientAddress network) {
        this.network = network;
    }

    public static AddressRange parse(CharSequence cidr) {
        return new AddressRange(ClientAddress.parse(cidr));
    }

    public boolean contains(ClientAddress address) {
        return network.equals(address);
    }
}
