package io.headgate.http;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Sees to it that a name means one rule. */
final class RuleNames {

    private RuleNames() {}

    static List<Rule> requireUnique(List<Rule> rules) {
        Set<String> names = new HashSet<>();
        for (Rule rule : rules) {
            rule.givenName().filter(name -> !names.add(name)).ifPresent(name -> {
                throw new IllegalArgumentException("two rules have the name \"" + name + "\"");
            });
        }
        return rules;
    }
}
