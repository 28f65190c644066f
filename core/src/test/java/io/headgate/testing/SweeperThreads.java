package io.headgate.testing;

import java.util.List;

/** The threads of registries that have begun since this was made. */
public final class SweeperThreads {

    private final List<Thread> before = all();

    /** Takes note of those there are. */
    public SweeperThreads() {}

    /**
     * Those that have begun since and go on.
     *
     * @return one for each registry that sweeps
     */
    public List<Thread> begun() {
        return all().stream().filter(thread -> !before.contains(thread)).toList();
    }

    /**
     * Waits until threads that were told to end have ended, a minute for each at most.
     *
     * @param threads the threads
     * @return those that go on all the same
     */
    public static List<Thread> thatDoNotEnd(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            thread.join(60_000);
        }
        return threads.stream().filter(Thread::isAlive).toList();
    }

    private static List<Thread> all() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("headgate-sweeper"))
                .toList();
    }
}
