package io.headgate.spring;

import io.headgate.http.ChargeOn;
import io.headgate.http.HttpRequest;
import io.headgate.http.HttpResponse;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Charges requests in which a login failed. Where none was seen, responses are charged that are named, and those that a failed login
 * may have got: redirects and 4xx. Thread-safe.
 */
final class FailedLogin implements ChargeOn {

    /** How it is written in {@code charge-on}. */
    static final String TEXT = "failed-login";

    /** Is told of charges that stay because nothing was seen. */
    @FunctionalInterface
    interface Doubts {
        void of(String property, int status);
    }

    private final String property;
    private final @Nullable ChargeOn responses;
    private final Doubts doubts;

    private FailedLogin(String property, @Nullable ChargeOn responses, Doubts doubts) {
        this.property = property;
        this.responses = responses;
        this.doubts = doubts;
    }

    /** Whether this is among what is to be charged. */
    static boolean isIn(List<String> chargeOn) {
        return parts(chargeOn).contains(TEXT);
    }

    /**
     * Reads what is to be charged.
     *
     * @param property where that is written
     * @param chargeOn what is written there
     * @param doubts null if nobody tells of logins
     */
    static ChargeOn parse(String property, List<String> chargeOn, @Nullable Doubts doubts) {
        List<String> responses =
                parts(chargeOn).stream().filter(part -> !part.equals(TEXT)).toList();
        if (!isIn(chargeOn)) {
            return ChargeOn.parse(String.join(", ", responses));
        }
        if (doubts == null) {
            throw new IllegalArgumentException(
                    "\"" + TEXT + "\" needs Spring Security, which is not there; name the responses to"
                            + " failed logins, such as 401, or let the application say it with the request attributes io.headgate.charge and"
                            + " io.headgate.refund");
        }
        ChargeOn named = responses.isEmpty() ? null : ChargeOn.parse(String.join(", ", responses));
        if (named == ChargeOn.never()) {
            throw new IllegalArgumentException("\"never\" stands alone, without \"" + TEXT + "\"");
        }
        return new FailedLogin(property, named, doubts);
    }

    private static List<String> parts(List<String> chargeOn) {
        return chargeOn.stream()
                .flatMap(element -> Arrays.stream(element.split(",", -1)))
                .map(String::strip)
                .toList();
    }

    @Override
    public @Nullable Boolean known(HttpRequest request) {
        return LoginOutcome.hasFailed(request);
    }

    @Override
    public boolean charges(HttpRequest request, HttpResponse response, int status) {
        return (responses != null && responses.charges(request, response, status)) || isDoubtful(status);
    }

    @Override
    public boolean charges(HttpResponse response, int status) {
        return (responses != null && responses.charges(response, status)) || isDoubtful(status);
    }

    private boolean isDoubtful(int status) {
        boolean isRedirect = status / 100 == 3 && status != 304;
        boolean doubtful = isRedirect || status / 100 == 4;
        if (doubtful) {
            doubts.of(property, status);
        }
        return doubtful;
    }
}
