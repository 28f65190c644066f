package io.headgate.map;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs tasks at the same time and fails if one of them does. */
public final class Threads {

    public interface Task {
        void run(int thread) throws Exception;
    }

    public interface Question<T> {
        T answer(int thread) throws Exception;
    }

    private Threads() {}

    /** Starts a task in n threads at once and waits for all. */
    public static void run(int n, Task task) {
        collect(n, thread -> {
            task.run(thread);
            return thread;
        });
    }

    /** Asks n threads at once; gives their answers in the order of the threads. */
    public static <T> List<T> collect(int n, Question<T> question) {
        CyclicBarrier start = new CyclicBarrier(n);
        ExecutorService executor = Executors.newFixedThreadPool(n);
        try {
            List<Callable<T>> calls = new ArrayList<>();
            for (int i = 0; i < n; i++) {
                int thread = i;
                calls.add(() -> {
                    start.await();
                    return question.answer(thread);
                });
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : executor.invokeAll(calls)) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } catch (ExecutionException e) {
            throw new AssertionError("a thread failed: " + e.getCause(), e);
        } finally {
            executor.shutdownNow();
        }
    }
}
