package io.headgate.plan;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where the plan of a key stands: a database or a service. A {@link PlanCache} asks it, never while a request waits.
 *
 * <pre>{@code
 * PlanSource<String> source = apiKey -> CompletableFuture.completedFuture(customers.planOf(apiKey));
 * }</pre>
 *
 * <p>Must be thread-safe: several keys are loaded at once.
 *
 * @param <K> the type of the keys
 */
@FunctionalInterface
public interface PlanSource<K> {

    /**
     * Looks up the plan of a key. Called on the cache's executor, so it may block. A call that blocks for ever keeps its
     * thread for ever, and a cache has few: give the driver or client that is called here a timeout of its own.
     *
     * <p>All of these are failures, which the cache counts and survives: to throw anything, to return null in place of a
     * stage, a stage that completes exceptionally, and one that does not complete within the cache's timeout.
     *
     * @param key the key
     * @return the name of the plan, or a stage of null if there is no such key; completed by any thread, now or later
     * @throws Exception if the plan cannot be looked up
     */
    CompletionStage<@Nullable String> load(K key) throws Exception;
}
