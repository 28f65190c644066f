package io.headgate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a limiter is told when it is built. */
class LimiterBuilderTest {

    private <K> LocalLimiter<K> build(LimiterBuilder<K> builder) {
        return builder.ticker(new FakeTicker()).sweepInterval(Duration.ZERO).build();
    }

    @Test
    void limitsClientsByNetwork() {
        LocalLimiter<ClientAddress> limiter = build(Limiter.forAddresses(Limit.parse("100/minute")));
        long admitted = 0;
        for (int i = 0; i < 10_000; i++) {
            admitted += limiter.tryAcquire(ClientAddress.parse("2001:db8:1:2::" + Integer.toHexString(i))) ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(100);
        assertThat(limiter.size()).isEqualTo(1);
        assertThat(limiter.tryAcquire(ClientAddress.parse("2001:db8:1:3::1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.1"))).isTrue();
        assertThat(limiter.tryAcquire(ClientAddress.parse("192.0.2.2"))).isTrue();
        assertThat(limiter.size()).isEqualTo(4);
        assertThat(limiter.ipv6Prefix()).hasValue(64);
        assertThat(build(Limiter.<String>builder(Limit.parse("1/s"))).ipv6Prefix())
                .isEmpty();

        LocalLimiter<ClientAddress> wide = build(Limiter.forNetworks(48, Limit.parse("1/minute")));
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:1:2::1"))).isTrue();
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:1:3::1"))).isFalse();
        assertThat(wide.tryAcquire(ClientAddress.parse("2001:db8:2:3::1"))).isTrue();
    }

    @Test
    void namesTheArgumentThatIsNull() {
        Limit limit = Limit.parse("1/s");
        assertNull("first", () -> Limiter.builder(absent()));
        assertNull("first", () -> Limiter.forAddresses(absent(), limit));
        assertNull("more", () -> Limiter.builder(limit, LimiterBuilderTest.<Limit[]>absent()));
        assertNull("more[1]", () -> Limiter.forAddresses(limit, limit.named("other"), absent()));
        assertNull("more[0]", () -> Limiter.forNetworks(128, limit, new Limit[1]));
        LimiterBuilder<String> builder = Limiter.builder(limit);
        assertNull("ticker", () -> builder.ticker(absent()));
        assertNull("overflow", () -> builder.overflow(absent()));
        assertNull("interval", () -> builder.sweepInterval(absent()));
        assertNull("scheduler", () -> builder.scheduler(absent()));
        assertNull("name", () -> builder.name(absent()));
        assertNull("onDenied", () -> builder.onDenied(absent()));
        LocalLimiter<String> limiter = build(builder);
        assertNull("debts", () -> limiter.owe("a", absent(), 0));
        assertNull("limit", () -> limiter.stats().denied(absent()));
        assertNull("period", () -> Limit.of(1, absent()));
        assertNull("text", () -> Limit.parse(absent()));
        assertNull("name", () -> limit.named(absent()));
    }

    private static void assertNull(String argument, ThrowingCallable call) {
        assertThatNullPointerException().isThrownBy(call).withMessage(argument);
    }

    @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"}) // what callers do who have no such check
    private static <T> T absent() {
        return null;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64, 128})
    void namesTheLimiterWhoseKeyIsNull(int prefix) {
        Limit limit = Limit.parse("1/s");
        if (prefix == 0) {
            refusesNullKeys(Limiter.<String>builder(limit));
        } else {
            refusesNullKeys(Limiter.forNetworks(prefix, limit));
        }
    }

    private <K> void refusesNullKeys(LimiterBuilder<K> builder) {
        LocalLimiter<K> limiter = build(builder.name("log\nin"));
        K key = absent();
        List<ThrowingCallable> calls = List.of(
                () -> limiter.tryAcquire(key),
                () -> limiter.tryAcquire(key, 2),
                () -> limiter.decide(key),
                () -> limiter.decide(key, 2),
                () -> limiter.peek(key, 1),
                () -> limiter.charge(key, 1),
                () -> limiter.owe(key, new long[1], 0),
                () -> limiter.refund(key, 1),
                () -> limiter.reset(key));
        for (ThrowingCallable call : calls) {
            assertThatNullPointerException()
                    .isThrownBy(call)
                    .withMessage("the key is null, in limiter \"log\\u000ain\"");
        }
        assertThat(limiter.size()).isZero();
        assertThat(limiter.stats().allowed()).isEqualTo(0);
        assertThat(limiter.stats().denied()).isEqualTo(0);
        assertThat(limiter.stats().overflowed()).isZero();
    }

    @Test
    void showsOnlyTheBeginningOfALongName() {
        Limit limit = Limit.parse("1/s").named("n".repeat(1_000_000));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit, limit))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
    }

    @Test
    void refusesDebtsThatAreNotOneALimit() {
        LocalLimiter<String> limiter = build(Limiter.<String>builder(Limit.parse("1/s")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.owe("a", new long[1_000_000], 0))
                .withMessage("debts must be 1 times zero or more nanoseconds, one a limit, not 1000000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> limiter.owe("a", new long[] {-7}, 0))
                .withMessage("debts must be zero or more nanoseconds, not -7");
    }

    @Test
    void refusesASchedulerThatTakesNoTasks() {
        ScheduledThreadPoolExecutor scheduler = new ScheduledThreadPoolExecutor(1);
        LimiterBuilder<String> builder =
                Limiter.<String>builder(Limit.parse("1/s")).name("login").scheduler(scheduler);
        scheduler.shutdownNow();
        String message =
                "the scheduler of limiter \"login\" takes no tasks, as one that is shut down; give it another one, or"
                        + " none: then it has a thread of its own";
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
        scheduler.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(message);
        build(builder).close(); // nobody sweeps it

        ScheduledThreadPoolExecutor busy = new ScheduledThreadPoolExecutor(1) {
            @Override
            public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                throw new RejectedExecutionException("too many tasks");
            }
        };
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.<String>builder(Limit.parse("1/s"))
                        .name("login")
                        .scheduler(busy)
                        .build())
                .withMessage(message)
                .withCauseInstanceOf(RejectedExecutionException.class);
        busy.shutdownNow();
    }

    @Test
    void namesTheLimiterThatIsNoLongerSwept() {
        AtomicReference<@Nullable Runnable> slice = new AtomicReference<>();
        ScheduledThreadPoolExecutor once = new ScheduledThreadPoolExecutor(1) {
            @Override
            public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
                if (!slice.compareAndSet(null, command)) {
                    throw new RejectedExecutionException("too many tasks");
                }
                return super.schedule(command, 1, TimeUnit.DAYS);
            }
        };
        List<LogRecord> records = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                records.add(entry);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Sweeper.class.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try (LocalLimiter<String> limiter = Limiter.<String>builder(Limit.parse("1/s"))
                .name("login")
                .scheduler(once)
                .build()) {
            requireNonNull(slice.get()).run();
            assertThat(limiter.stats().sweeps()).isEqualTo(1);
            assertThat(records)
                    .extracting(LogRecord::getMessage)
                    .containsExactly(
                            "The scheduler of limiter \"login\" takes no more tasks, so idle keys are no longer swept");
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(true);
            once.shutdownNow();
        }
    }

    @Test
    void saysWhenTheHeapIsTooSmall() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx16m",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        TooSmallHeap.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output)
                .containsPattern(
                        "maxKeys 1073741824 of limiter \"login\" may take 20[0-9]{9} bytes, and the heap has at most"
                                + " [0-9]+: keys beyond what fits will go by the overflow rule. Choose a smaller maxKeys or a"
                                + " larger heap \\(-Xmx\\)\\.\\R")
                .endsWith("true" + System.lineSeparator());
        assertThat(output.split("may take", -1)).hasSize(2); // the second one fits
    }

    /** Builds a limiter in a process that has not enough memory for all its keys, then one for which it has. */
    static final class TooSmallHeap {

        private TooSmallHeap() {}

        public static void main(String[] args) {
            LimiterBuilder<ClientAddress> builder =
                    Limiter.forAddresses(Limit.parse("1/s")).name("login");
            for (long maxKeys : new long[] {1 << 30, 100_000}) {
                try (LocalLimiter<ClientAddress> limiter =
                        builder.maxKeys(maxKeys).build()) {
                    System.out.println(limiter.tryAcquire(ClientAddress.parse("192.0.2.1")));
                }
            }
        }
    }

    @Test
    void refusesAConfigurationThatMakesNoSense() {
        Limit limit = Limit.parse("1/s");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit, limit.burst(3)))
                .withMessage("two limits are called \"1-per-1s\"; tell them apart by Limit.named");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.forNetworks(31, limit))
                .withMessage("the IPv6 prefix must be 32 to 128 bits, not 31");
        assertThatIllegalArgumentException().isThrownBy(() -> Limiter.forNetworks(129, limit));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).maxKeys(0))
                .withMessage("maxKeys must be 1 to 1073741824, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).sweepInterval(Duration.ofSeconds(-1)))
                .withMessage("the sweep interval must be 0 to 365 days, not PT-1S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.builder(limit).name(" "));
    }

    @Test
    void prefixesHaveTheirRanges() {
        Limit limit = Limit.perSecond(1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.forNetworks(7, 64, limit))
                .withMessage("the IPv4 prefix must be 8 to 32 bits, not 7");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limiter.forNetworks(33, 64, limit))
                .withMessage("the IPv4 prefix must be 8 to 32 bits, not 33");
        LocalLimiter<ClientAddress> networks =
                Limiter.forNetworks(24, 48, limit).build();
        assertThat(networks.ipv4Prefix()).hasValue(24);
        assertThat(networks.ipv6Prefix()).hasValue(48);
        networks.close();
        assertThat(Limiter.<String>builder(limit).build().ipv4Prefix()).isEmpty();
    }
}
