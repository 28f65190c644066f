package consumer;

import io.headgate.Limit;
import io.headgate.Limiter;

/** Limits in plain Java, as a module. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) {
        if (!Limiter.class.getModule().isNamed()) throw new AssertionError("not on the module path");
        try (Limiter<String> limiter =
                Limiter.<String>builder(Limit.parse("1/hour")).build()) {
            if (!limiter.tryAcquire("ann")) throw new AssertionError("the first is denied");
            if (limiter.tryAcquire("ann")) throw new AssertionError("the second is admitted");
            if (limiter.peek("ann").allowed()) throw new AssertionError("the third would be admitted");
            if (!limiter.tryAcquire("bob")) throw new AssertionError("another key is denied");
        }
        System.out.println("core, as a module: admits, then denies");
    }
}
