package io.headgate.plan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A source, and the executor that calls it, both of which do what the test says and when. Not thread-safe. */
final class HeldSource implements PlanSource<String>, Executor {

    /** A call of the source that has not been answered. */
    record Call(String key, CompletableFuture<@Nullable String> stage) {}

    private final Deque<Runnable> tasks = new ArrayDeque<>();
    private final Deque<Call> open = new ArrayDeque<>();
    private final List<String> calls = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public CompletionStage<@Nullable String> load(String key) {
        CompletableFuture<@Nullable String> stage = new CompletableFuture<>();
        calls.add(key);
        open.add(new Call(key, stage));
        return stage;
    }

    /** Runs what waits for a thread. */
    void runTasks() {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    int waitingTasks() {
        return tasks.size();
    }

    /** Runs what waits for a thread, and gives the oldest call that was not answered yet. */
    Call next() {
        runTasks();
        return open.remove();
    }

    /** Answers the oldest call. */
    void answer(@Nullable String plan) {
        next().stage.complete(plan);
    }

    /** Fails the oldest call. */
    void fail() {
        next().stage.completeExceptionally(new IllegalStateException("on purpose"));
    }

    /** The keys of all calls, in their order. */
    List<String> calls() {
        return calls;
    }
}
