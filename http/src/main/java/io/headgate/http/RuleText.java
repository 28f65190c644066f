package io.headgate.http;

import io.headgate.Limit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads rules from text, one a line. */
final class RuleText {

    /*
     * The tokens of a line have a fixed order, so it is read straight through: a name ends with a colon, methods are
     * capitals, a pattern begins with / or *, limits go on until the first token that names an option.
     */

    static final String FORM = "the form is [name:] [METHOD[,METHOD]] PATTERN (unlimited | LIMIT[, LIMIT]...)"
            + " [key KEY] [when CONDITION[, CONDITION]...] [cost N] [dry-run] [charge-on RESPONSE[, RESPONSE]...] [alone] [stage STAGE],"
            + " such as \"login: POST /login/* 5/minute, 50/day charge-on 401, 302 to /login?error\""
            + " or \"/api/* 100/minute key principal when role USER\"";

    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Set<String> OPTIONS = Set.of("key", "when", "cost", "dry-run", "charge-on", "alone", "stage");

    private static final Set<String> NAMED = Set.of("header", "query", "role");

    private final List<String> tokens;
    private int next;

    private RuleText(List<String> tokens) {
        this.tokens = tokens;
    }

    /** One rule a line, in order; blank lines are skipped. */
    static List<Rule> parseLines(String text) {
        return text.lines().filter(line -> !line.isBlank()).map(RuleText::parse).toList();
    }

    static Rule parse(String text) {
        try {
            return new RuleText(Arrays.asList(BLANKS.split(text.strip()))).rule();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\"" + text.strip() + "\" is not a rule: " + e.getMessage() + "; " + FORM, e);
        }
    }

    private Rule rule() {
        String name = peek().endsWith(":") ? withoutLast(token()) : null;
        String[] methods = isPattern(peek()) ? new String[0] : token().split(",", -1);
        String pattern = token();
        if (!isPattern(pattern)) {
            throw new IllegalArgumentException("\"" + pattern + "\" is not a path pattern");
        }
        Rule rule = limits(pattern).methods(methods);
        return options(name == null ? rule : rule.named(name));
    }

    private Rule limits(String pattern) {
        List<String> limits = tokensOfThisPart();
        if (limits.equals(List.of("unlimited"))) {
            return Rule.unlimited(pattern);
        }
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("it has neither limits nor \"unlimited\"");
        }
        List<Limit> list = Arrays.stream(String.join(" ", limits).split(",", -1))
                .map(Limit::parse)
                .toList();
        return Rule.limits(pattern, list.get(0), list.subList(1, list.size()).toArray(new Limit[0]));
    }

    private Rule options(Rule rule) {
        Rule result = rule;
        Set<String> seen = new HashSet<>();
        while (next < tokens.size()) {
            String option = token();
            if (!seen.add(option)) {
                throw new IllegalArgumentException("\"" + option + "\" appears twice");
            }
            String value = String.join(" ", tokensOfThisPart());
            switch (option) {
                case "key" -> result = result.key(RequestKey.parse(value));
                case "when" -> result = result.when(value.split(",", -1));
                case "stage" -> result = result.stage(stage(value));
                case "cost" -> result = result.cost(number(value));
                case "charge-on" -> result = result.chargeOn(ChargeOn.parse(value));
                default -> {
                    if (!value.isEmpty()) {
                        throw new IllegalArgumentException("\"" + value + "\" is not an option");
                    }
                    result = option.equals("alone") ? result.alone() : result.dryRun();
                }
            }
        }
        return result;
    }

    private static Stage stage(String text) {
        for (Stage stage : Stage.values()) {
            if (stage.name().equalsIgnoreCase(text)) {
                return stage;
            }
        }
        throw new IllegalArgumentException("\"" + text + "\" is not a stage: arrival or authenticated");
    }

    private static long number(String text) {
        if (text.isEmpty() || text.length() > 9 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("\"" + text + "\" is not a number of at most nine digits");
        }
        return Long.parseLong(text);
    }

    private List<String> tokensOfThisPart() {
        List<String> part = new ArrayList<>();
        // Whether the next token is the name of something, which may be called like an option, or like its own kind.
        boolean isName = false;
        while (next < tokens.size() && (isName || !OPTIONS.contains(tokens.get(next)))) {
            String token = token();
            isName = !isName && NAMED.contains(token);
            part.add(token);
        }
        return part;
    }

    private String peek() {
        return next < tokens.size() ? tokens.get(next) : "";
    }

    private String token() {
        if (next == tokens.size()) {
            throw new IllegalArgumentException("unexpected end of rule");
        }
        return tokens.get(next++);
    }

    private static boolean isPattern(String token) {
        return token.startsWith("/") || token.startsWith("*");
    }

    private static String withoutLast(String token) {
        return token.substring(0, token.length() - 1);
    }
}
