package io.headgate.examples.plain;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.Limiter;

/** Three accounts send mail: each may send two at once and one a minute. */
public final class Plain {

    private Plain() {}

    /**
     * Runs the example.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) {
        try (Limiter<String> limiter =
                Limiter.builder(Limit.perMinute(1).burst(2)).build()) {
            for (String account : new String[] {"ann", "bob", "ann", "ann", "eve", "ann"}) {
                Decision decision = limiter.decide(account);
                System.out.println(
                        decision.allowed()
                                ? account + " sends, " + decision.remaining() + " left"
                                : account + " waits for "
                                        + decision.retryAfterSeconds().orElseThrow() + " s");
            }
        }
    }
}
