package io.headgate.servlet;

import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;

/**
 * Tells by the finished response whether the request is to be charged, such as "only failed logins". The permits are
 * taken before the request is handled and given back if the answer is no, so requests in flight hold theirs. Called
 * at most once a request, by many threads at once; must not block. Not asked about a request that ended in an exception
 * or in an error of its connection: in doubt, the permits stay taken.
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
    boolean charges(HttpServletResponse response, int status);

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
