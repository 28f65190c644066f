package io.headgate.benchmarks;

import java.lang.ref.Reference;

/** What clients occupy, by what is left on the heap after collections. */
final class Footprint {

    private static final int CLIENTS = 1_000_000;

    private Footprint() {}

    /** Bytes a client of a million that are tracked, with room for a quarter more; keys included. */
    static double bytesPerClient(String contender) {
        long before = used();
        Contender filled = Contender.named(contender, Contender.Setting.known(Contender.GENEROUS, CLIENTS));
        long after = used();
        Reference.reachabilityFence(filled);
        return (double) (after - before) / CLIENTS;
    }

    static long used() {
        Runtime runtime = Runtime.getRuntime();
        long used = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
        }
        return used;
    }
}
