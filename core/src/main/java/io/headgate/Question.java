package io.headgate;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a call that an {@link AllLimiter} decides asks of one limiter, and the answers. Not thread-safe; the steps of a
 * call follow each other.
 */
final class Question<P> {

    private final Limiter<P> limiter;
    private final P key;

    /** What was answered when the limiter was asked; null before it, and once that was taken back. */
    private @Nullable Decision answer;
    /** As of which reading a limiter in memory was asked. */
    private long asked;

    Question(Limiter<P> limiter, P key) {
        this.limiter = limiter;
        this.key = key;
    }

    /** Whether the limiter is in this process's memory, so that it answers at once. */
    boolean isInMemory() {
        return limiter instanceof LocalLimiter || limiter instanceof UnlimitedLimiter;
    }

    /** Whether the limiter would allow the call, as far as a look can tell that counts nothing. */
    boolean admits(long permits) {
        return limiter instanceof LocalLimiter<P> local
                ? local.admits(key, permits, local.ticker().read())
                : limiter.peek(key, permits).allowed();
    }

    /** Asks the limiter, which takes the permits or denies. */
    boolean ask(long permits) {
        if (limiter instanceof LocalLimiter<P> local) {
            asked = local.ticker().read();
            return answered(local.decide(key, permits, asked));
        }
        return answered(limiter.decide(key, permits));
    }

    CompletionStage<Boolean> askAsync(long permits) {
        if (isInMemory()) { // which must know as of which reading it was asked, to take the charge back
            return CompletableFuture.completedStage(ask(permits));
        }
        return limiter.decideAsync(key, permits).thenApply(this::answered);
    }

    private boolean answered(Decision decision) {
        answer = decision;
        return decision.allowed();
    }

    /**
     * Takes back what the limiter has taken, if it has been asked and allowed the call. Answers whether there was anything.
     */
    boolean takeBack(long permits) {
        Decision taken = answer;
        if (taken == null || !taken.allowed()) {
            return false;
        }
        answer = null;
        if (limiter instanceof LocalLimiter<P> local) {
            return local.undo(key, permits, asked, taken.overflow());
        }
        if (limiter instanceof UnlimitedLimiter) {
            return false;
        }
        refund(taken, permits);
        return true;
    }

    /** Gives back what the limiter has taken. */
    void refund(long permits) {
        refund(Objects.requireNonNull(answer, "answer"), permits);
    }

    private void refund(Decision taken, long permits) {
        try {
            taken.refund(permits);
        } catch (UnsupportedOperationException e) { // a limiter of the user's own that does not know where it took them
            limiter.refund(key, permits);
        }
    }

    /** How the limiter has answered; what it would answer, if it was not asked. */
    Decision answer(long permits) {
        return answer == null ? limiter.peek(key, permits) : answer;
    }

    /** The same where a look need not wait; null otherwise. */
    @Nullable
    Decision answerAtOnce(long permits) {
        return answer == null && !isInMemory() ? null : answer(permits);
    }

    /** What the limiter is called. */
    String limiterName() {
        return Objects.requireNonNullElse(limiter.name(), "limiter");
    }
}
