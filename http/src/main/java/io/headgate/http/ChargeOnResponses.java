package io.headgate.http;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Charges responses that match one of some patterns. Immutable.
 *
 * @param patterns at least one
 */
record ChargeOnResponses(List<ResponsePattern> patterns) implements ChargeOn {

    static final String NEVER = "never";

    static final String FORM = ResponsePattern.FORM + "; or never";

    private static final String FAILED_LOGIN = "failed-login";

    static ChargeOn parse(String text) {
        List<String> parts =
                Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        if (parts.equals(List.of(NEVER))) {
            return ChargeOn.never();
        }
        if (parts.contains(FAILED_LOGIN)) {
            throw new IllegalArgumentException(
                    "\"" + FAILED_LOGIN + "\" is known only to Spring Boot's starter, with Spring"
                            + " Security; elsewhere name the responses to failed logins, or let the application say it with the request"
                            + " attribute " + Settlement.CHARGE);
        }
        List<ResponsePattern> patterns =
                parts.stream().map(ResponsePattern::parse).toList();
        requireSense(patterns);
        return new ChargeOnResponses(patterns);
    }

    private static void requireSense(List<ResponsePattern> patterns) {
        for (int i = 0; i < patterns.size(); i++) {
            for (ResponsePattern other : patterns.subList(i + 1, patterns.size())) {
                if (patterns.get(i).excludesOthersThan(other)) {
                    throw new IllegalArgumentException(
                            "two \"not to\" of one status charge all of them; write the places in one,"
                                    + " such as 302 not to / or /home");
                }
            }
        }
    }

    @Override
    public boolean charges(HttpResponse response, int status) {
        return matches(null, response, status);
    }

    @Override
    public boolean charges(HttpRequest request, HttpResponse response, int status) {
        return matches(request, response, status);
    }

    private boolean matches(@Nullable HttpRequest request, HttpResponse response, int status) {
        for (ResponsePattern pattern : patterns) {
            if (pattern.matches(request, response, status)) {
                return true;
            }
        }
        return false;
    }
}
