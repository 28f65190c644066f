package io.headgate.http;

import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Finds rules that can probably never match a request. Pure functions. */
final class UnreachableRules {

    /** The methods that the registry of HTTP knows, in RFC 9110, RFC 5789, WebDAV and its extensions. */
    private static final Set<String> REGISTERED = Set.of(
            "ACL",
            "BASELINE-CONTROL",
            "BIND",
            "CHECKIN",
            "CHECKOUT",
            "CONNECT",
            "COPY",
            "DELETE",
            "GET",
            "HEAD",
            "LABEL",
            "LINK",
            "LOCK",
            "MERGE",
            "MKACTIVITY",
            "MKCALENDAR",
            "MKCOL",
            "MKREDIRECTREF",
            "MKWORKSPACE",
            "MOVE",
            "OPTIONS",
            "ORDERPATCH",
            "PATCH",
            "POST",
            "PRI",
            "PROPFIND",
            "PROPPATCH",
            "PUT",
            "QUERY",
            "REBIND",
            "REPORT",
            "SEARCH",
            "TRACE",
            "UNBIND",
            "UNCHECKOUT",
            "UNLINK",
            "UNLOCK",
            "UPDATE",
            "UPDATEREDIRECTREF",
            "VERSION-CONTROL");

    private UnreachableRules() {}

    /** Tells of each such rule, and why. Of two that are unlimited it does not matter. */
    static void find(List<Rule> rules, BiConsumer<Rule, String> suspect) {
        for (int i = 0; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            rules.subList(0, i).stream()
                    .filter(earlier -> earlier.covers(rule) && !(earlier.isUnlimited() && rule.isUnlimited()))
                    .findFirst()
                    .ifPresent(earlier -> suspect.accept(
                            rule, "the rule \"" + earlier.name() + "\" before it matches all of its requests"));
            rule.methods().stream()
                    .filter(method -> !REGISTERED.contains(method))
                    .sorted()
                    .forEach(method -> suspect.accept(rule, "no specification of HTTP has the method " + method));
        }
    }
}
