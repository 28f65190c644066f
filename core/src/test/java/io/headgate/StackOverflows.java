package io.headgate;

import static io.headgate.faults.Scenario.require;

import io.headgate.faults.Scenario;
import io.headgate.map.ReadOptimizedMap;
import io.headgate.metrics.HeavyHitters;
import io.headgate.testing.FakeTicker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs all scenarios at the end of a stack, so that it overflows at each of their calls: run by {@link StackOverflowTest},
 * in processes of their own. Prints how many overflows there were and what is wrong.
 *
 * <p>A call at a given depth of an operation is the one to overflow if the operation begins that far from the end. So it is
 * run from a recursion that is one frame less deep each time, from where the recursion itself overflows to where the
 * operation completes. Some frames are wider by a word, for points between those that whole frames give.
 */
final class StackOverflows {

    private static final int STACK_BYTES = 256 << 10;
    /** A frame of an interpreter in words, about: with that many wide ones the points are where they were. */
    private static final int WIDTHS = 14;

    private static final int MOST_FAILURES = 40;
    private static final int MOST_LOOKS = 300;
    private static final int PLAIN_OVERFLOWS = 200;
    private static final int PLAIN_CALLS = 5_000;

    private final Map<String, Integer> overflows = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private ExecutorService checker = newChecker();

    /** At least as many frames as fit: found anew for each scenario, as frames change with the compiler. */
    private int beyond = 1_000;

    private StackOverflows() {}

    /** Arguments: how often each scenario is warmed up, one of how many scenarios is run, of how many widths. */
    public static void main(String[] arguments) throws Exception {
        int warmUps = Integer.parseInt(arguments[0]);
        int step = Integer.parseInt(arguments[1]);
        int widths = Integer.parseInt(arguments[2]);
        StackOverflows here = new StackOverflows();
        Thread thread = new Thread(null, () -> here.runAll(warmUps, step, widths), "a small stack", STACK_BYTES);
        thread.setUncaughtExceptionHandler((dead, e) -> here.failures.add("it ended by " + e));
        thread.start();
        thread.join();
        here.overflows.forEach(
                (subject, count) -> System.out.printf(Locale.ROOT, "%s: %,d stack overflows%n", subject, count));
        here.failures.forEach(System.out::println);
        System.out.println("failures: " + here.failures.size());
        System.exit(here.failures.isEmpty() ? 0 : 1);
    }

    private void runAll(int warmUps, int step, int widths) {
        plain();
        List<Scenario.Named> chosen = oneOf(step);
        for (int i = 0; i < warmUps; i++) {
            chosen.forEach(this::runShallow);
        }
        for (int width = 0; width < widths; width++) {
            for (int number = 0; number < chosen.size() && failures.size() < MOST_FAILURES; number++) {
                runDeep(chosen.get(number), (number + width) % WIDTHS);
            }
        }
    }

    /** One of so many scenarios, chosen without a plan, and at least one of each subject. */
    private static List<Scenario.Named> oneOf(int step) {
        List<Scenario.Named> all = new AllScenarios().get();
        Collections.shuffle(all, new Random(1));
        Map<String, Integer> met = new HashMap<>();
        return all.stream()
                .filter(named -> met.merge(named.subject(), 1, Integer::sum) % step == 1 % step)
                .toList();
    }

    /** Loads the classes, too: one that is loaded at the end of a stack may be broken for good. */
    private void runShallow(Scenario.Named named) {
        Scenario scenario = named.source().get();
        scenario.run();
        scenario.goOn();
        check(scenario, null, named.name() + " without a fault");
    }

    private void runDeep(Scenario.Named named, int wide) {
        while (fits(beyond, wide)) {
            beyond += beyond / 64;
        }
        int enough = beyond / 120;
        int completed = 0;
        int frames = beyond;
        for (boolean good = true; good && completed < enough; frames--) {
            Scenario scenario = named.source().get();
            Operation operation = new Operation(scenario);
            Throwable fault = null;
            try {
                down(frames, wide, operation);
                completed++;
            } catch (StackOverflowError e) {
                completed = 0;
                fault = e;
            }
            if (operation.begun) {
                if (fault != null) {
                    overflows.merge(named.subject(), 1, Integer::sum);
                }
                scenario.goOn();
                good = check(scenario, fault, named.name());
            }
        }
        beyond = frames + 2 * enough;
    }

    private static final class Operation implements Runnable {

        private final Scenario scenario;
        private boolean begun;

        Operation(Scenario scenario) {
            this.scenario = scenario;
        }

        @Override
        public void run() {
            begun = true;
            scenario.run();
        }
    }

    private static boolean fits(int frames, int wide) {
        try {
            down(frames, wide, () -> {});
            return true;
        } catch (StackOverflowError e) {
            return false;
        }
    }

    /** Runs something so many frames further down, of which some are wider by a word than the others. */
    private static void down(int frames, int wide, Runnable bottom) {
        if (frames == 0) {
            bottom.run();
        } else if (wide > 0) {
            downWide(frames - 1, wide - 1, bottom, null);
        } else {
            down(frames - 1, 0, bottom);
        }
    }

    private static void downWide(int frames, int wide, Runnable bottom, @Nullable Object word) {
        if (wide > 0) {
            downWide(frames - 1, wide - 1, bottom, word);
        } else {
            down(frames, 0, bottom);
        }
    }

    private static ExecutorService newChecker() {
        return Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "checker");
            thread.setDaemon(true);
            return thread;
        });
    }

    private boolean check(Scenario scenario, @Nullable Throwable fault, String name) {
        return check(() -> scenario.check(fault), fault, name);
    }

    /** In another thread. If that one is waiting, it waits for ever: who could wake it does nothing but wait here. */
    private boolean check(Runnable check, @Nullable Throwable fault, String name) {
        AtomicReference<Thread> thread = new AtomicReference<>();
        Future<?> result = checker.submit(() -> {
            thread.set(Thread.currentThread());
            check.run();
        });
        for (int i = 0; i < MOST_LOOKS; i++) {
            try {
                result.get(200, TimeUnit.MILLISECONDS);
                return true;
            } catch (ExecutionException e) {
                failures.add(name + ": " + e.getCause() + at(fault));
                return false;
            } catch (TimeoutException e) {
                Thread begun = thread.get();
                if (begun != null && begun.getState() == Thread.State.WAITING && !result.isDone()) {
                    break;
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        failures.add(name + ": blocked at "
                + top(Objects.requireNonNull(thread.get()).getStackTrace()) + at(fault));
        checker = newChecker();
        return false;
    }

    private static String at(@Nullable Throwable fault) {
        return fault == null ? "" : ", after an overflow at " + top(fault.getStackTrace());
    }

    /** The method that it came to, and those of Headgate that led there. */
    private static String top(StackTraceElement[] trace) {
        return Arrays.stream(trace)
                .filter(element ->
                        element.equals(trace[0]) || element.getClassName().startsWith("io.headgate"))
                .takeWhile(element -> !element.getClassName().startsWith(StackOverflows.class.getName()))
                .map(element -> element.getFileName() + ':' + element.getLineNumber())
                .limit(8)
                .collect(Collectors.joining(" < "));
    }

    /** As a server has it: whoever calls from too deep a recursion catches the error and goes on. */
    private void plain() {
        plainOfLimiter("of strings", Limiter::<Object>builder, number -> "key " + number);
        plainOfLimiter("of addresses", LimiterScenarios::ofAddresses, Keys.BOTH::key);
        ReadOptimizedMap<Object, Integer> map = new ReadOptimizedMap<>(0, 1);
        plain(
                "a map that is stored to",
                number -> map.store("key " + number, number),
                number -> map.store("another key " + number, number),
                () -> {
                    int[] count = new int[1];
                    map.range((key, value) -> ++count[0] > 0);
                    require(count[0] == map.size(), "walked %s of %s keys", count[0], map.size());
                });
        HeavyHitters<Object> hitters = new HeavyHitters<>(50);
        plain(
                "heavy hitters that are added",
                number -> hitters.add("key " + number),
                number -> hitters.add("key"),
                () -> {
                    List<HeavyHitters.Hit<Object>> top = hitters.top(1);
                    require(top.get(0).key().equals("key") && top.get(0).count() >= PLAIN_CALLS, "found %s", top);
                });
    }

    private void plainOfLimiter(String keysName, Keys.Start<Object> start, IntFunction<? extends Object> keys) {
        for (boolean sweeps : new boolean[] {false, true}) {
            int maxKeys = sweeps ? 100 : 1_000;
            FakeTicker time = new FakeTicker();
            LocalLimiter<Object> limiter = start.builder(Limit.parse("2/minute"))
                    .ticker(time)
                    .maxKeys(maxKeys)
                    .random(new SplittableRandom(1))
                    .sweepInterval(Duration.ZERO)
                    .build();
            for (int number = 0; sweeps && number < 20; number++) {
                limiter.tryAcquire(keys.apply(1_000_000 + number));
            }
            plain(
                    "a limiter " + keysName + (sweeps ? " that is swept" : " that is called"),
                    number -> {
                        if (sweeps) {
                            limiter.sweep();
                        } else {
                            limiter.tryAcquire(keys.apply(number));
                        }
                    },
                    number -> limiter.tryAcquire(keys.apply(2_000_000 + number)),
                    () -> {
                        time.advance(Duration.ofHours(1));
                        limiter.sweep();
                        require(limiter.size() == 0, "room for %s keys is lost", limiter.size());
                        for (int number = 0; number < maxKeys; number++) {
                            require(!limiter.decide(keys.apply(number)).overflow(), "no room for key %s", number);
                        }
                    });
        }
    }

    private void plain(String name, IntConsumer call, IntConsumer othersCall, Runnable atLast) {
        call.accept(0);
        int thrown = 0;
        for (int number = 1; thrown < PLAIN_OVERFLOWS; thrown++) {
            while (fits(beyond, 0)) {
                beyond += beyond / 64;
            }
            Caller caller = new Caller(call, number);
            try {
                down(beyond - beyond / 50, 0, caller);
            } catch (StackOverflowError e) {
                number = caller.number;
            }
        }
        overflows.merge(name, thrown, Integer::sum);
        Runnable others = () -> {
            for (int number = 0; number < PLAIN_CALLS; number++) {
                othersCall.accept(number);
            }
            atLast.run();
        };
        check(others, null, name);
    }

    /** Calls with another number from each frame, for as long as there is stack. */
    private static final class Caller implements Runnable {

        private final IntConsumer call;
        private int number;

        Caller(IntConsumer call, int number) {
            this.call = call;
            this.number = number;
        }

        @Override
        @SuppressWarnings("InfiniteRecursion") // until the stack overflows
        public void run() {
            call.accept(number++);
            run();
        }
    }
}
