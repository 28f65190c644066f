package io.headgate.http;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * Tells what a request has cost, in {@linkplain io.headgate.Limit permits}, once it has been answered: by its time, or
 * by the bytes it sent. The difference to what was taken before is charged, into debt if need be
 * ({@link io.headgate.Limiter#charge}), or given back. Called at most once for each charge of a request, by many
 * threads at once; must not block. Not called for a charge that took nothing before, or that {@link ChargeOn} gives back whole.
 *
 * <pre>{@code
 * // One permit before, and one more for each 100 ms that the handler took.
 * CostAfter byTime = (request, answer) -> 1 + answer.duration().toMillis() / 100;
 * }</pre>
 */
@FunctionalInterface
public interface CostAfter {

    /**
     * What is known of an answer.
     *
     * @param status its status; of a request that ended in an error, as it stood then
     * @param bodyBytes bytes of its body, where the server tells
     * @param duration from the decision about the request to the end of its answer
     */
    record Answer(int status, OptionalLong bodyBytes, Duration duration) {}

    /**
     * How many permits the request takes in all.
     *
     * @param request the request; header fields and attributes may be gone if it was asynchronous
     * @param answer what became of it
     * @return at least 0; less than was taken before gives the rest back, unless the request ended in an error
     */
    long permits(HttpRequest request, Answer answer);
}
