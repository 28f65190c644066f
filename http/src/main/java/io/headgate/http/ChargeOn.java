package io.headgate.http;

import java.util.Arrays;

/**
 * Tells by the response whether a request is charged, such as "only failed logins". The
 * {@linkplain io.headgate.Limit permits} are taken before the request is handled and given back if the answer is no, so
 * requests under way hold theirs. In doubt the charge stays: this is asked only about a response that was reached
 * without an error. Called once for each charge of a request, by many threads at once; must not block.
 *
 * <p>One that never charges makes an in-flight limit: each client may have as many requests under way as its bucket holds.
 *
 * <pre>{@code
 * ChargeOn failedLogins = ChargeOn.statuses(401, 403);
 * ChargeOn inFlight = (response, status) -> false;
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
