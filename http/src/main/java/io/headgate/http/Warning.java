package io.headgate.http;

/** What looks misconfigured, and what to change. The documentation explains each by its code. */
public enum Warning {
    /** A forwarding header is ignored, since no proxy is trusted. */
    UNTRUSTED_HEADER(
            "HG-001",
            "a request came with the header %s, which is ignored, since no proxy is trusted. If a proxy of"
                    + " yours sent it, all clients behind that proxy share one bucket: name its range in {trustedProxies}. If"
                    + " clients connect directly, one of them made it up, and all is well"),
    /** A trusted proxy does not say for whom it speaks. */
    MISSING_HEADER(
            "HG-002",
            "the trusted proxy %s sent a request without the header %s, so the proxy itself is limited, in"
                    + " place of its clients. Make it set that header, or name the one that it does set in {forwardedHeader};"
                    + " if these are its own health checks, name it in {exempt}"),
    /** A trusted range is so wide that clients are in it. */
    TRUSTS_EVERYBODY(
            "HG-003",
            "the trusted range %s is wider than any private network (10.0.0.0/8, fc00::/7), so clients in it can write"
                    + " another address into the header and get a new bucket; trust the ranges of your own proxies only"),
    /** A limiter tells IPv6 addresses of one network apart. */
    UNMASKED_KEYS(
            "HG-004",
            "a limiter of client addresses tells the IPv6 addresses of one /64 network apart, so a client gets a new"
                    + " bucket with each address of its network; make it with Limiter.forAddresses, or, if its limits are"
                    + " configured, set {ipv6Prefix} to 64 or less"),
    /** Most requests count for one client. */
    CROWDED_KEY("HG-005", "most requests count for one client, %s. %s"),
    /** An extension that the client chooses leads past the limits. */
    UNLIMITED_EXTENSION(
            "HG-006",
            "the rule \"%s\" never denies a path of that extension, also by methods that do more than read, and clients"
                    + " choose the extension: POST /api/users/x.css passes too. Name the directory and the methods, such as"
                    + " GET /static/* unlimited"),
    /** An address range is written with bits beyond its prefix. */
    HOST_BITS(
            "HG-007",
            "%s has address ranges with bits beyond their prefix: %s. Write the network, if that is what is meant; for one"
                    + " address, leave the prefix out"),
    /** What clients may take is more than there is. */
    HEAP_TOO_SMALL(
            "HG-008",
            "the limiters may take %.0f MB of memory, and the heap has %.0f MB at most: new clients that no memory is left for"
                    + " go by {overflow}. Choose a smaller {maxClients}, or a larger heap (-Xmx)"),
    /** What a trusted proxy hands on is no address. */
    UNREADABLE_HOP(
            "HG-009",
            "the trusted proxy %s handed on a request with an element of %s that is %s, so the proxy itself is limited, in"
                    + " place of its clients. Make the proxy that wrote it write the address that it sees; if every request comes"
                    + " through the same proxies, {trustedHops} counts elements of any kind"),
    /** There are fewer elements than hops to be counted. */
    FEWER_HOPS(
            "HG-010",
            "a request from %s has fewer elements in %s than {trustedHops} counts, so its peer is limited; a client that adds"
                    + " an element would be believed. Proxies that write none do not count (AJP, the PROXY protocol, and servers"
                    + " that take the client's address from such): set {trustedHops} to the number of elements that yours write."
                    + " If the request came past your proxies, see that none can"),
    /** The peer has no address, so no header can be believed on its word. */
    NO_PEER(
            "HG-011",
            "a request came with the header %s from a peer without an address, as through a Unix socket. No range can be that"
                    + " peer: set {trustedHops} to the number of elements that your proxies write, in place of {trustedProxies}"),
    /** What charges only some responses has charged none. */
    NEVER_CHARGED(
            "HG-012",
            "%s has charged none of many requests so far, and limits nobody that way: {chargeOn} names responses that the"
                    + " application does not give. Name those that failures get, such as 4xx or 302 to /login?error, or let the"
                    + " application set the request attribute io.headgate.charge; for a limit of requests under way, say never"),
    /** A rule that can probably never match. */
    UNREACHABLE_RULE(
            "HG-013",
            "the rule \"%s\" can probably never match: %s. Correct or remove it in {rules}; of two rules, the one that is for fewer"
                    + " requests comes first"),
    /** Uploads are to be read before they are refused, and cannot be. */
    CANNOT_DRAIN(
            "HG-014",
            "{drain} has no effect on requests that reach the filter \"%s\" without support for asynchronous processing: register"
                    + " the filter, and those before it, with asyncSupported, or remove {drain}"),
    /** A header or a parameter that clients choose leads past the limits. */
    UNLIMITED_FOR_THE_ASKING(
            "HG-015",
            "the rule \"%s\" never denies, and whether it matches is for clients to choose: anybody can send, or leave out, a header"
                    + " or a parameter. Give it limits in {rules}, or go by the address ({exempt}, {plans}) or by what has been"
                    + " authenticated"),
    /** The source of plans names one that is not configured. */
    UNKNOWN_PLAN(
            "HG-016",
            "the source of plans says that a key has the plan \"%s\", which is none of {plans}, so the key has the general limits."
                    + " Configure that plan, or correct its name where the plans of keys stand"),
    /** A file of ranges has become one that cannot be used. */
    FAULTY_RANGES_FILE(
            "HG-017",
            "the file %s of the plan \"%s\" cannot be used as it is now: %s. The %d ranges that were read before stay in use, however"
                    + " long that lasts. Correct the file, or name another one in {plans}");

    private final String code;
    final String text;

    Warning(String code, String text) {
        this.code = code;
        this.text = text;
    }

    /**
     * Its code, in the log and in the documentation.
     *
     * @return such as {@code HG-001}
     */
    public String code() {
        return code;
    }
}
