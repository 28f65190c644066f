package io.headgate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All that a call asks of the limiters of an {@link AllLimiter}, in their order: looks, charges, and takes back. Not
 * thread-safe; the steps of a call follow each other.
 */
final class Questions {

    /** No question is answered by a denial. Otherwise the outcome of a call is the index of the one that is. */
    static final int NONE = -1;

    private final List<Question<?>> all = new ArrayList<>();
    /** The one that is called, and those within it. */
    private final List<Group> groups = new ArrayList<>(1);

    /** The questions of a limiter: those from an index on, before another. */
    private record Group(AllLimiter<?> limiter, int from, int to) {

        boolean has(int index) {
            return from <= index && index < to;
        }
    }

    <P> void add(Limiter<P> limiter, P key) {
        all.add(new Question<>(limiter, key));
    }

    int size() {
        return all.size();
    }

    /** Says whose the questions from an index on are. */
    void addGroup(AllLimiter<?> limiter, int from) {
        groups.add(new Group(limiter, from, all.size()));
    }

    /** Takes permits from all, or from none. Answers the index of the one that denies. */
    int ask(long permits) {
        int denying = firstDenying(permits);
        if (denying == NONE) {
            denying = askInOrder(permits);
            count(denying, true);
        } else {
            askWhoDenies(denying, permits);
        }
        return denying;
    }

    /** The first that would deny. The first one of all is charged first: it is looked at only where another one denies. */
    private int firstDenying(long permits) {
        for (int i = 1; i < all.size(); i++) {
            if (!all.get(i).admits(permits)) {
                return all.get(0).admits(permits) ? i : 0;
            }
        }
        return NONE;
    }

    /** Lets it count the denial. If it allows the call by now, the look was true when it was made. */
    private void askWhoDenies(int denying, long permits) {
        if (all.get(denying).ask(permits)) {
            takeBack(denying, denying + 1, permits);
        }
        count(denying, false);
    }

    private int askInOrder(long permits) {
        for (int i = 0; i < all.size(); i++) {
            if (!all.get(i).ask(permits)) {
                takeBack(0, i, permits);
                return i;
            }
        }
        return NONE;
    }

    /** Takes all charges back. Answers how many there were. */
    int takeBack(long permits) {
        return takeBack(0, all.size(), permits);
    }

    private int takeBack(int from, int to, long permits) {
        int undone = 0;
        for (int i = to - 1; i >= from; i--) {
            if (all.get(i).takeBack(permits)) {
                undone++;
                for (Group group : groups) {
                    if (group.has(i)) {
                        group.limiter.countUndone(1);
                    }
                }
            }
        }
        return undone;
    }

    /** Counts the call in the groups that were asked. Where a look has found the denial, nobody else was. */
    private void count(int denying, boolean inOrder) {
        for (Group group : groups) {
            if (group.has(denying)) {
                group.limiter.count(false);
            } else if (inOrder && (denying == NONE || group.to <= denying)) {
                group.limiter.count(true);
            }
        }
    }

    /** As {@link #ask}, but looks only at limiters in memory: a look at another one would have to wait. */
    CompletionStage<Integer> askAsync(long permits) {
        for (int i = 0; i < all.size(); i++) {
            Question<?> question = all.get(i);
            if (question.isInMemory() && !question.admits(permits)) {
                askWhoDenies(i, permits);
                return CompletableFuture.completedStage(i);
            }
        }
        return askFrom(0, permits).thenApply(denying -> {
            count(denying, true);
            return denying;
        });
    }

    private CompletionStage<Integer> askFrom(int index, long permits) {
        if (index == all.size()) {
            return CompletableFuture.completedStage(NONE);
        }
        return all.get(index).askAsync(permits).thenCompose(allows -> {
            if (allows) {
                return askFrom(index + 1, permits);
            }
            takeBack(0, index, permits);
            return CompletableFuture.completedStage(index);
        });
    }

    /** What a look at all of them tells, with nothing taken. */
    Decision peek(long permits) {
        List<Decision> answers = new ArrayList<>();
        int denying = NONE;
        for (Question<?> question : all) {
            Decision answer = question.answer(permits);
            denying = denying == NONE && !answer.allowed() ? answers.size() : denying;
            answers.add(answer);
        }
        return explain(answers, denying, 0);
    }

    /** The answer to a call that came to this. Null answers are left out. */
    Decision explain(int denying, long permits, Function<Question<?>, @Nullable Decision> answer) {
        List<Decision> answers = new ArrayList<>();
        for (Question<?> question : all) {
            Decision found = answer.apply(question);
            if (found != null) {
                answers.add(found);
            }
        }
        return explain(answers, denying, permits);
    }

    private Decision explain(List<Decision> answers, int denying, long taken) {
        List<LimitStatus> limits =
                answers.stream().flatMap(answer -> answer.limits().stream()).toList();
        boolean overflow = answers.stream().anyMatch(Decision::overflow);
        if (denying == NONE) {
            return Decision.allowedByAll(
                    overflow,
                    limits,
                    taken,
                    given -> Members.forEach(all, question -> question.refund(given)),
                    answers);
        }
        List<Decision> denials =
                answers.stream().filter(answer -> !answer.allowed()).toList();
        Decision decision = denials.stream().anyMatch(Decision::neverAdmissible)
                ? Decision.neverAdmissible(overflow, limits)
                : Decision.denied(longestWait(denials), overflow, limits);
        return decision.by(all.get(denying).limiterName());
    }

    /** Null if one of them promises nothing. */
    private static @Nullable Duration longestWait(List<Decision> denials) {
        Duration longest = Duration.ZERO;
        for (Decision denial : denials) {
            Duration wait = denial.retryAfter().orElse(null);
            if (wait == null) {
                return null;
            }
            longest = wait.compareTo(longest) > 0 ? wait : longest;
        }
        return longest;
    }
}
