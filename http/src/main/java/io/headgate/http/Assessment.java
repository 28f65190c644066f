package io.headgate.http;

/** What a request comes to before anything is taken: permits to be asked for, or a verdict that needs no limiter. */
sealed interface Assessment permits Charge, Verdict {

    /** Two of one request: what denies it wins, then what charges it. */
    static Assessment both(Assessment first, Assessment second) {
        if (first instanceof Charge<?> charge && second instanceof Charge<?> other) {
            return charge.then(other);
        }
        boolean firstWins = first instanceof Verdict verdict ? !verdict.passes() : passes(second);
        return firstWins ? first : second;
    }

    private static boolean passes(Assessment assessment) {
        return assessment instanceof Verdict verdict && verdict.passes();
    }
}
