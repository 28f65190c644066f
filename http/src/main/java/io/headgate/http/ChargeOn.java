package io.headgate.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tells by the response whether a request is charged, such as "only failed logins". The
 * {@linkplain io.headgate.Limit permits} are taken before the request is handled and given back if the answer is no, so
 * requests under way hold theirs. In doubt the charge stays: this is asked only about a response that was reached
 * without an error. Called once for each charge of a request, by many threads at once; must not block.
 *
 * <p>The application may say it itself, which wins over what this says: with the request attributes {@link Settlement#CHARGE} and
 * {@link Settlement#REFUND}.
 *
 * <pre>{@code
 * ChargeOn failedLogins = ChargeOn.parse("401, 302 to /login?error");
 * ChargeOn empty = (response, status) -> status == 204;
 * ChargeOn inFlight = ChargeOn.never();
 * }</pre>
 */
@FunctionalInterface
public interface ChargeOn {

    /**
     * Whether the permits stay taken.
     *
     * @param response the response, committed or not; to be read only
     * @param status its status
     * @return false to give them back
     */
    boolean charges(HttpResponse response, int status);

    /**
     * Whether the permits stay taken, where that depends on the request as well. This is what is asked; by default it asks the
     * function without the request.
     *
     * @param request the request; header fields and attributes may be gone if it was asynchronous
     * @param response the response, committed or not; to be read only
     * @param status its status
     * @return false to give them back
     */
    default boolean charges(HttpRequest request, HttpResponse response, int status) {
        return charges(response, status);
    }

    /**
     * What is known of the request itself, whatever is answered, such as that a login in it failed: by default nothing, and
     * {@link #charges} decides. What is known to be charged stays charged, even if the application says {@link Settlement#REFUND}.
     *
     * @param request the request; header fields and attributes may be gone if it was asynchronous
     * @return true if the permits stay taken, false to give them back, null if the response decides
     */
    default @Nullable Boolean known(HttpRequest request) {
        return null;
    }

    /**
     * Reads which responses are charged, separated by commas. Each is
     *
     * <ul>
     *   <li>a status, such as {@code 401}, or a class of them, such as {@code 4xx};
     *   <li>a redirect by where it leads, such as {@code 302 to /login?error}, or by where it does not, such as
     *       {@code 302 not to / or /home}. Scheme, host, port, context path, path parameters and fragment of the {@code Location} are
     *       dropped; its query must have the parameters that are named, and may have others. A {@code Location} that is missing or
     *       cannot be read is charged.
     * </ul>
     *
     * <p>Or it is {@code never}, and nothing else: {@link #never}.
     *
     * @param text such as {@code 401, 302 to /login?error}
     * @return the rule
     * @throws IllegalArgumentException if the text has another form
     */
    static ChargeOn parse(String text) {
        return ChargeOnResponses.parse(text);
    }

    /**
     * Charges nothing in the end, which makes an in-flight limit: each client may have as many requests under way as its bucket
     * holds. A function that merely never happens to charge is {@linkplain Warning#NEVER_CHARGED warned of}.
     *
     * @return the rule, always the same
     */
    static ChargeOn never() {
        return NeverCharge.INSTANCE;
    }

    /**
     * Charges requests that are answered with one of these statuses.
     *
     * @param statuses such as 401; each 100 to 599
     * @return the rule
     * @throws IllegalArgumentException if there is none, or one is out of its range
     */
    static ChargeOn statuses(int... statuses) {
        int[] sorted = statuses.clone();
        Arrays.sort(sorted);
        if (sorted.length == 0 || sorted[0] < 100 || sorted[sorted.length - 1] > 599) {
            throw new IllegalArgumentException(
                    "statuses to charge on must be 100 to 599, such as 401, not " + Arrays.toString(statuses));
        }
        return (response, status) -> Arrays.binarySearch(sorted, status) >= 0;
    }
}
