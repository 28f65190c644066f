package io.headgate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A limiter as one of those that an {@link AllLimiter} asks. */
sealed interface Member<K> {

    /*
     * tryAcquire asks in two rounds: admits, then take, in which a member calls the next one and takes its charge back if
     * that denies. So what is to be taken back is on the stack, and nothing is allocated. A key or a plan is found anew in
     * each round. Where a decision is to be made, each is found once, and kept in a Question.
     *
     * A call reads the clock once for all members that have the same.
     *
     * A composition within another one would have to stop half-way through its members for the next one. Its Questions
     * wait for that in the heap.
     */

    /**
     * Whether a call would be allowed, as far as a look can tell that counts nothing.
     *
     * @param now a reading of the clock of the {@link AllLimiter}
     */
    boolean admits(K key, long permits, long now);

    /**
     * Takes permits from this member and from those after it, or from none of them.
     *
     * @param root the key of the call
     * @param next the index of the member after this one
     */
    <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next);

    /** Adds what is to be asked for this key. */
    void addQuestions(Questions questions, K key);

    /** Takes permits by questions, which wait in the heap for the members after this one, or none. */
    private static <R> boolean take(Questions questions, long permits, long now, AllLimiter<R> all, R root, int next) {
        if (questions.ask(permits) != Questions.NONE) {
            return false;
        }
        if (all.takeFrom(next, root, permits, now)) {
            return true;
        }
        all.countUndone(questions.takeBack(permits));
        return false;
    }

    /** The clock of the first limiter in memory among some and their members; null if there is none. */
    static @Nullable Ticker clock(List<? extends Limiter<?>> limiters) {
        for (Limiter<?> limiter : limiters) {
            Ticker clock = limiter instanceof LocalLimiter<?> local ? local.ticker() : clock(limiter.members());
            if (clock != null) {
                return clock;
            }
        }
        return null;
    }

    /** The member that a limiter is, where calls read this clock. */
    static <K> Member<K> of(Limiter<K> limiter, @Nullable Ticker clock) {
        if (limiter instanceof LocalLimiter<K> local) {
            return new Local<>(local, local.ticker() == clock);
        }
        if (limiter instanceof KeyedLimiter<K, ?> keyed) {
            return keyed(keyed, clock);
        }
        if (limiter instanceof PlanLimiter<K> plans) {
            Map<String, Member<K>> members = new LinkedHashMap<>();
            plans.limiters().forEach((plan, ofPlan) -> members.put(plan, of(ofPlan, clock)));
            return new Planned<>(plans.plan(), members);
        }
        if (limiter instanceof AllLimiter<K> all) {
            return new Nested<>(all);
        }
        return limiter instanceof UnlimitedLimiter<K> unlimited ? new Unlimited<>(unlimited) : new Other<>(limiter);
    }

    private static <K, P> Member<K> keyed(KeyedLimiter<K, P> keyed, @Nullable Ticker clock) {
        return new Keyed<>(keyed.part(), of(keyed.limiter(), clock));
    }

    /**
     * A limiter in this process's memory.
     *
     * @param sharesClock whether readings of the call's clock are its own
     */
    record Local<K>(LocalLimiter<K> limiter, boolean sharesClock) implements Member<K> {

        private long reading(long now) {
            return sharesClock ? now : limiter.ticker().read();
        }

        @Override
        public boolean admits(K key, long permits, long now) {
            return limiter.admits(key, permits, reading(now));
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            long reading = reading(now);
            ChargeResult result = limiter.take(key, permits, reading);
            if (!result.allowed || all.takeFrom(next, root, permits, now)) {
                return result.allowed;
            }
            if (limiter.undo(key, permits, reading, result.overflow)) {
                all.countUndone(1);
            }
            return false;
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            questions.add(limiter, key);
        }
    }

    /** A limiter of a part of the key. */
    record Keyed<K, P>(Function<? super K, ? extends @Nullable P> part, Member<P> member) implements Member<K> {

        @Override
        public boolean admits(K key, long permits, long now) {
            P found = part.apply(key);
            return found == null || member.admits(found, permits, now);
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            P found = part.apply(key);
            return found == null
                    ? all.takeFrom(next, root, permits, now)
                    : member.take(found, permits, now, all, root, next);
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            P found = part.apply(key);
            if (found != null) {
                member.addQuestions(questions, found);
            }
        }
    }

    /** Limiters of which the plan of the key chooses one. */
    record Planned<K>(Function<? super K, ? extends @Nullable String> plan, Map<String, Member<K>> members)
            implements Member<K> {

        private Member<K> of(K key) {
            return PlanLimiter.choose(members, plan.apply(key));
        }

        @Override
        public boolean admits(K key, long permits, long now) {
            return of(key).admits(key, permits, now);
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            return of(key).take(key, permits, now, all, root, next);
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            of(key).addQuestions(questions, key);
        }
    }

    /** A limiter that allows everything. */
    record Unlimited<K>(UnlimitedLimiter<K> limiter) implements Member<K> {

        @Override
        public boolean admits(K key, long permits, long now) {
            return true;
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            return limiter.tryAcquire(key, permits) && all.takeFrom(next, root, permits, now);
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            questions.add(limiter, key);
        }
    }

    /** Limiters that all must allow the call, under a plan or by a part of the key. Its charges are in the heap. */
    record Nested<K>(AllLimiter<K> limiter) implements Member<K> {

        @Override
        public boolean admits(K key, long permits, long now) {
            return limiter.admits(key, permits);
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            return Member.take(limiter.questions(key), permits, now, all, root, next);
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            limiter.addQuestions(questions, key);
        }
    }

    /** A limiter of any other kind. */
    record Other<K>(Limiter<K> limiter) implements Member<K> {

        @Override
        public boolean admits(K key, long permits, long now) {
            return limiter.peek(key, permits).allowed();
        }

        @Override
        public <R> boolean take(K key, long permits, long now, AllLimiter<R> all, R root, int next) {
            Questions questions = new Questions();
            questions.add(limiter, key);
            return Member.take(questions, permits, now, all, root, next);
        }

        @Override
        public void addQuestions(Questions questions, K key) {
            questions.add(limiter, key);
        }
    }
}
