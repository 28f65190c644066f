package io.headgate.spring;

import java.util.Locale;

/**
 * What in the set-up of an application makes the limit useless, or a way round it, and what to change. Said once, mostly at the
 * start; the documentation explains each by its code. Warnings about requests are in {@link io.headgate.http.Warning}.
 */
public enum SetupWarning {
    /** There is nothing to limit by. */
    NOTHING_TO_LIMIT(
            "HG-101",
            "No request is limited: neither headgate.limits nor headgate.rules is set, and no limiter bean is asked to limit"
                    + " requests, by the name headgateLimiter or the qualifier headgate. Set headgate.limits, such as"
                    + " \"100/minute burst 20\", or headgate.enabled to false"),
    /** The limit is switched off. */
    DISABLED("HG-102", "No request is limited: headgate.enabled is %s"),
    /** Limits are set that nobody uses. */
    PROPERTIES_NOT_USED(
            "HG-103",
            "headgate.limits and headgate.rules are not used: a filter of the application's own limits requests in place of"
                    + " ours"),
    /** There is a proxy, and the limit does not know. */
    FRAMEWORK_WITHOUT_PROXIES(
            "HG-104",
            "Spring's ForwardedHeaderFilter is at work, as for a proxy (server.forward-headers-strategy=framework adds it), but"
                    + " headgate.trusted-proxies is not set: all clients behind a proxy share one bucket. Name its"
                    + " address range there"),
    /** The container lets clients choose their address. */
    CONTAINER_BELIEVES_CLIENTS(
            "HG-105",
            "The limit can be bypassed: %s takes the client's address from a forwarding header that the client can write"
                    + " (%s). Set server.forward-headers-strategy to none, or framework, and name your proxies in"
                    + " headgate.trusted-proxies"),
    /** The container lets peers in private ranges choose their address. */
    VALVE_TRUSTS_PRIVATE_RANGES(
            "HG-106",
            "Tomcat's RemoteIpValve (%s) takes the client's address from the forwarding header of every peer in a private"
                    + " address range, so whoever can connect from such a range chooses an address, and with it a new bucket."
                    + " Set server.forward-headers-strategy to framework, or none, and name the addresses of your proxies"
                    + " alone in headgate.trusted-proxies; or narrow server.tomcat.remoteip.internal-proxies down to them"),
    /** The container decides before the configured proxies can. */
    VALVE_COMES_FIRST(
            "HG-107",
            "Tomcat's RemoteIpValve (%s) comes before headgate.trusted-proxies and headgate.trusted-hops. Of a peer in a"
                    + " private address range it has replaced the address already, so the valve wins, whatever they say; they"
                    + " hold for other peers only. Keep one of the two: set server.forward-headers-strategy to framework, or"
                    + " none, or remove headgate's"),
    /** A variable looks like a property and is none. */
    UNKNOWN_VARIABLE(
            "HG-108", "Unknown %s in the environment or the system properties: the keys under headgate are %s"),
    /** There is no filter in a reactive application. */
    REACTIVE(
            "HG-109",
            "No request is limited: Headgate is a servlet filter, and this is a reactive web application. Remove"
                    + " headgate-spring-boot-starter, or set headgate.enabled to false"),
    /** A filter is called before Spring Security, and so not where the application has put it. */
    BEFORE_SECURITY(
            "HG-110",
            "The filter of %s is in the chain of Spring Security, and is registered with the container, too, before Spring"
                    + " Security. It decides there, when no user is known, and its place in the chain is without effect: a"
                    + " limit of users limits nobody. If it is to decide in the chain, let it be no bean, or give it a"
                    + " FilterRegistrationBean with setEnabled(false), or let its registration come later (that of the"
                    + " starter by headgate.order, such as 0). Else take it out of the chain"),
    /** The configuration was changed while the application runs. */
    NOT_REFRESHED(
            "HG-111",
            "The application limits as it did when it started: %s changed since, and hold after a restart. Restart it, or"
                    + " call RateLimitFilter.replace"),
    /** Requests change their method behind the limit. */
    HIDDEN_METHODS(
            "HG-112",
            "The rules %s are for methods that HiddenHttpMethodFilter makes of a POST with the parameter _method, behind the"
                    + " limit: such a request passes them. Name POST in the rules, too, or let the limit come after that filter:"
                    + " that of Boot (spring.mvc.hiddenmethod.filter.enabled) has the order -10000, so headgate.order is to be"
                    + " -9999; one of your own needs a FilterRegistrationBean with such an order"),
    /** Whether a login failed is not known. */
    UNSEEN_LOGIN(
            "HG-113",
            "%s is failed-login, and a request was answered %d in which no login was seen, so it stays charged, as all redirects"
                    + " and 4xx do then. If it was no login, narrow the rule's path and methods down to the login. If it was one,"
                    + " make the AuthenticationManager that checks the password a bean, or give it the bean of type"
                    + " AuthenticationEventPublisher; or let the application set the request attribute io.headgate.charge (it"
                    + " failed) or io.headgate.refund to true"),
    /** Passwords are checked before the limit is asked. */
    BEHIND_SECURITY(
            "HG-114",
            "charge-on is failed-login, and %s, behind Spring Security at %d: passwords that its chain checks are checked before the"
                    + " limit can deny them. Remove that, so that the limit comes before Spring Security");

    private final String code;
    private final String text;

    SetupWarning(String code, String text) {
        this.code = code;
        this.text = text;
    }

    /**
     * Its code, in the log and in the documentation.
     *
     * @return such as {@code HG-101}
     */
    public String code() {
        return code;
    }

    /** What is logged: the code, and what is said. */
    String line(Object... seen) {
        return code + ": " + text(seen);
    }

    /** What is said, with what was seen filled in. */
    String text(Object... seen) {
        return String.format(Locale.ROOT, text, seen);
    }
}
