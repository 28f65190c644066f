package io.headgate.http;

import io.headgate.net.ClientAddress;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Finds out whether one key stands behind most requests, from a sample, in a few words of memory. Thread-safe. */
final class MajorityClient {

    /*
     * Two windows of samples. In the first a vote is held (Boyer and Moore's majority vote): a key that more than half
     * of the samples share is certain to win it. The second counts how many samples the winner really has. Then anew.
     *
     * A sample that finds the lock taken is dropped, so nobody ever waits. All fields but the lock are guarded by it.
     */

    static final int WINDOW = 512;

    private final int stride;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ClientAddress candidate;
    private boolean counting;
    private int votes;
    private int seen;

    /** Looks at one request in so many, chosen at random. */
    MajorityClient(int stride) {
        this.stride = stride;
    }

    /** Takes notice of a request; answers its key if a whole window showed that most requests share it. */
    @Nullable
    ClientAddress see(ClientAddress key) {
        if (ThreadLocalRandom.current().nextInt(stride) != 0 || !lock.tryLock()) {
            return null;
        }
        try {
            return counting ? count(key) : vote(key);
        } finally {
            lock.unlock();
        }
    }

    private @Nullable ClientAddress vote(ClientAddress key) {
        if (votes == 0) {
            candidate = key;
        }
        votes += key.equals(candidate) ? 1 : -1;
        if (++seen == WINDOW) {
            begin(true);
        }
        return null;
    }

    private @Nullable ClientAddress count(ClientAddress key) {
        votes += key.equals(candidate) ? 1 : 0;
        if (++seen < WINDOW) {
            return null;
        }
        ClientAddress crowded = votes > WINDOW / 2 ? candidate : null;
        begin(false);
        return crowded;
    }

    private void begin(boolean counting) {
        this.counting = counting;
        votes = 0;
        seen = 0;
    }
}
