package io.headgate.http;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

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

    /** Tells of each rule that is for none of the paths that come, as the patterns of servlet mappings are. */
    static void find(List<Rule> rules, Collection<String> patterns, Consumer<Rule> suspect) {
        List<RulePattern> mapped =
                patterns.stream().map(UnreachableRules::asRulesAre).toList();
        rules.stream().filter(rule -> mapped.stream().noneMatch(rule::mayMeet)).forEach(suspect);
    }

    /** One that no rule may have is for more than we know. */
    private static RulePattern asRulesAre(String pattern) {
        try {
            return RulePattern.parse(CanonicalPath.anyCase(pattern));
        } catch (IllegalArgumentException e) {
            return RulePattern.parse("/*");
        }
    }

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
