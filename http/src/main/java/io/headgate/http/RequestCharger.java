package io.headgate.http;

import io.headgate.Decision;
import io.headgate.LimitStatus;
import io.headgate.LocalLimiter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Takes the permits of a request: those of all its charges, or none. Whatever fails becomes a verdict. Thread-safe. */
final class RequestCharger {

    private final OnFailure onFailure;
    /** Is told of what fails. */
    private final Consumer<Throwable> failures;

    RequestCharger(OnFailure onFailure, Consumer<Throwable> failures) {
        this.onFailure = onFailure;
        this.failures = failures;
    }

    /** Takes the permits of a charge, and then those of the next: all of them or none. */
    <K> Verdict take(Charge<K> charge, @Nullable Verdict before) {
        Verdict verdict;
        try {
            Decision decision = charge.limiter().decide(charge.key(), charge.permits());
            verdict = reached(charge, decision, before);
        } catch (Throwable failure) {
            verdict = failed(failure, charge, before);
        }
        if (!verdict.passes()) {
            return withOthers(verdict, charge.next(), true);
        }
        Charge<?> next = charge.next();
        return next == null ? verdict : take(next, verdict);
    }

    /**
     * A denial that tells of every limit of the request, and promises no wait after which another of its charges denies it.
     *
     * @param later the charges after the one that was denied
     * @param mayWait whether a limiter may be asked that has to wait for its answer
     */
    private Verdict withOthers(Verdict denial, @Nullable Charge<?> later, boolean mayWait) {
        Decision own = denial.answer();
        if (own == null || (denial.before() == null && later == null)) {
            return denial;
        }
        List<LimitStatus> limits = new ArrayList<>(own.limits());
        Verdict told = denial;
        for (Verdict each = denial.before(); each != null; each = each.before()) {
            if (each.charge() != null) {
                told = withOther(told, each.charge(), limits, mayWait);
            }
        }
        for (Charge<?> each = later; each != null; each = each.next()) {
            told = withOther(told, each, limits, mayWait);
        }
        return told.telling(limits);
    }

    private Verdict withOther(Verdict denial, Charge<?> other, List<LimitStatus> limits, boolean mayWait) {
        if (!mayWait && !(other.limiter() instanceof LocalLimiter)) {
            return denial;
        }
        try {
            Decision seen = peek(other);
            boolean dryRun = other.policy().dryRun();
            limits.addAll(dryRun ? Verdict.unviolated(seen.limits()) : seen.limits());
            return dryRun ? denial : denial.waitingFor(seen);
        } catch (Throwable failure) {
            failures.accept(failure);
            return denial;
        }
    }

    /** A denial that promises no wait after which one of these charges, which come before it, denies the request. */
    Verdict waitingForToo(Verdict denial, List<Charge<?>> others, boolean mayWait) {
        Verdict told = denial;
        for (Charge<?> other : others) {
            told = withOther(told, other, new ArrayList<>(), mayWait);
        }
        return told;
    }

    /** What {@link #take} would come to. Takes nothing. */
    Verdict look(Charge<?> charge, @Nullable Verdict before) {
        Verdict verdict;
        try {
            verdict = Verdict.of(charge, peek(charge), before);
        } catch (Throwable failure) {
            boolean dryRun = charge.policy().dryRun();
            verdict = undecided(failed(failure, dryRun), dryRun, before);
        }
        if (!verdict.passes()) {
            return withOthers(verdict, charge.next(), true);
        }
        Charge<?> next = charge.next();
        return next == null ? verdict : look(next, verdict);
    }

    private static <K> Decision peek(Charge<K> charge) {
        return charge.limiter().peek(charge.key(), charge.permits());
    }

    <K> CompletionStage<Verdict> takeAsync(Charge<K> charge, @Nullable Verdict before) {
        CompletionStage<Verdict> verdict;
        try {
            verdict = Objects.requireNonNull(
                    charge.limiter()
                            .decideAsync(charge.key(), charge.permits())
                            .handle((decision, failure) -> reachedAsync(charge, decision, failure, before)),
                    "the stage of decideAsync");
        } catch (Throwable failure) {
            verdict = CompletableFuture.completedFuture(failed(failure, charge, before));
        }
        Charge<?> next = charge.next();
        return verdict.thenCompose(reached -> {
            if (!reached.passes()) {
                return CompletableFuture.completedFuture(withOthers(reached, next, false));
            }
            return next == null ? CompletableFuture.completedFuture(reached) : takeAsync(next, reached);
        });
    }

    private Verdict reachedAsync(
            Charge<?> charge, @Nullable Decision decision, @Nullable Throwable failure, @Nullable Verdict before) {
        try {
            return failure == null
                    ? reached(charge, Objects.requireNonNull(decision, "the decision of decideAsync"), before)
                    : failed(failure, charge, before);
        } catch (Throwable e) {
            return failed(e, charge, before);
        }
    }

    /** The verdict by an answer. If it denies, what was taken before is given back. */
    private Verdict reached(Charge<?> charge, Decision decision, @Nullable Verdict before) {
        Verdict verdict = Verdict.of(charge, decision, before);
        if (!verdict.passes()) {
            giveBack(before);
        }
        return verdict;
    }

    /**
     * The verdict on a charge that could not be decided. Where the request passes, what was taken before stays taken; a dry run
     * that fails changes nothing for it at all.
     */
    private Verdict failed(Throwable failure, Charge<?> charge, @Nullable Verdict before) {
        boolean dryRun = charge.policy().dryRun();
        Verdict verdict = undecided(failed(failure, dryRun), dryRun, before);
        if (!verdict.passes()) {
            giveBack(before);
        }
        return verdict;
    }

    private static Verdict undecided(Verdict failed, boolean dryRun, @Nullable Verdict before) {
        if (before == null || !(dryRun || failed.passes())) {
            return failed;
        }
        return dryRun ? before : before.failed(failed.outcome());
    }

    private void giveBack(@Nullable Verdict taken) {
        for (Verdict each = taken; each != null; each = each.before()) {
            Charge<?> charge = each.charge();
            Decision answer = each.answer();
            try {
                if (charge != null && answer != null && answer.allowed()) {
                    charge.refund(answer, charge.permits());
                }
            } catch (Throwable failure) {
                failures.accept(failure);
            }
        }
    }

    /** The verdict on a request that something failed for, its own charges aside. */
    Verdict failed(Throwable failure, boolean dryRun) {
        failures.accept(failure);
        return Verdict.without(RequestOutcome.failed(onFailure, dryRun));
    }
}
