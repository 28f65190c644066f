package io.headgate;

/**
 * What a limiter has done since it was built, and what it occupies now. The counts are read one after another, so a snapshot taken while the
 * limiter works may be a few calls apart within itself; each count is exact once the limiter is idle.
 *
 * @param allowed calls of {@code tryAcquire} and {@code decide} that were admitted, those decided by an overflow rule included
 * @param denied those that were refused, those decided by an overflow rule included
 * @param overflowed those decided by the {@link Overflow} rule, since there was no room for the key
 * @param undone charges taken back because a later limit of the same call refused; a concurrent call may have been
 *     denied by a charge that was about to be undone
 * @param evicted keys forgotten because their buckets were full
 * @param sweepFailures sweeps of the sweeper that ended in an exception or error
 * @param memoryBytes what the limiter occupies now, as {@link LocalLimiter#memoryBytes} tells what it may occupy at most; of
 *     keys that are no client addresses, or told apart by more than 64 bits, an estimate by their number
 * @param sharedMemoryBytes what of this is taken by buckets that keys without room share: nothing before a key did, then
 *     the same for ever
 */
public record LimiterStats(
        long allowed,
        long denied,
        long overflowed,
        long undone,
        long evicted,
        long sweepFailures,
        long memoryBytes,
        long sharedMemoryBytes) {}
