package io.headgate;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** State words in an array, which any thread may read and move, each by itself. Holds the one loop that moves a word. */
final class Words {

    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    private Words() {}

    static long get(long[] words, int index) {
        return (long) WORD.getVolatile(words, index);
    }

    static boolean compareAndSet(long[] words, int index, long expected, long next) {
        return WORD.compareAndSet(words, index, expected, next);
    }

    /**
     * Moves a word by one step. A step that changes nothing writes nothing. A bucket that is new begins no earlier than
     * the floor.
     *
     * @return the word that the step was taken from, or {@link TokenBucket#RETIRED}, from which none is taken
     */
    static long update(
            long[] words, int index, TokenBucket bucket, TokenBucket.Step step, long permits, long now, Floor floor) {
        for (; ; Thread.onSpinWait()) {
            long word = get(words, index);
            if (word == TokenBucket.RETIRED) {
                return word;
            }
            boolean isNew = word < TokenBucket.FIRST_TIME;
            long next = step.next(bucket, word, permits, isNew ? floor.notBefore(now) : now);
            if (next == word || compareAndSet(words, index, word, next)) {
                return word;
            }
        }
    }
}
