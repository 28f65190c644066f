package io.headgate.plan;

import io.headgate.Ticker;
import io.headgate.internal.QuotedText;
import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.net.PrefixTable;
import io.headgate.plan.RangesFile.Offer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The plans of clients by their addresses: from code, from configuration, and from files that may change.
 *
 * <pre>{@code
 * AddressPlans plans = AddressPlans.builder()
 *         .plan("partners", AddressRange.parse("192.0.2.0/24"), AddressRange.parse("2001:db8::/32"))
 *         .plan("crawlers", Path.of("/etc/headgate/crawlers.json"))
 *         .build();
 * plans.planOf(ClientAddress.parse("192.0.2.7"));  // "partners"
 * }</pre>
 *
 * <p>Of the ranges that contain an address the one with the longest prefix tells its plan. All bits of the address
 * count, also where a limiter counts many addresses as one client.
 *
 * <h2>Files</h2>
 *
 * <p>A file has one range a line, with comments after {@code #}, or is JSON as crawlers and clouds publish it: an object
 * with an array {@code prefixes} of objects with {@code ipv4Prefix} or {@code ipv6Prefix}, or {@code ip_prefix} as AWS
 * has it, which also has {@code ipv6_prefixes} with {@code ipv6_prefix}. It is UTF-8 of 16 MiB at most. No name server
 * is asked.
 *
 * <p>It is read again every few seconds, as a watcher would miss the symbolic link that Kubernetes exchanges. New content
 * is taken when two successive polls have found it, all of it at once. If the file is then missing, empty, unreadable or
 * has a line that is no range, or if a range is in a file of another plan, too, the ranges read before stay in use, and
 * there is one warning for each change of what is wrong. See {@link #files}.
 *
 * <p>Thread-safe. A look-up takes no lock and makes no object; it sees the ranges as they were before a change or as
 * they are after it. Polling ends with {@link #close}, or within an interval when nothing refers to the plans any more.
 */
public final class AddressPlans implements Function<ClientAddress, @Nullable String>, AutoCloseable {

    private static final Logger LOG = System.getLogger(AddressPlans.class.getName());

    private final List<PlanRange> fixed;
    private final List<RangesFile> files = new ArrayList<>();
    private final ReentrantLock polling = new ReentrantLock();
    private final @Nullable FilePoller poller;
    /** Replaced as a whole, never changed. */
    private volatile PrefixTable<String> table;

    private AddressPlans(Builder builder) {
        fixed = List.copyOf(builder.ranges);
        PrefixTable.Builder<String> all = fixedRanges();
        Consumer<String> onWarning = builder.onWarning;
        Consumer<String> warnings = warning -> {
            LOG.log(Level.WARNING, warning);
            tell(onWarning, warning);
        };
        Consumer<RangesFileStatus> onFault = builder.onFault;
        Consumer<RangesFileStatus> faults = file -> tell(onFault, file);
        for (PlanFile planFile : builder.files) {
            RangesFile file = new RangesFile(planFile.plan, planFile.path, builder.ticker, warnings, faults);
            Offer offer = file.first();
            try {
                offer.list().ranges().forEach(range -> all.put(range, planFile.plan));
            } catch (IllegalArgumentException e) {
                throw file.invalid(String.valueOf(e.getMessage()), e);
            }
            file.take(offer);
            files.add(file);
        }
        table = all.build();
        poller = files.isEmpty() ? null : new FilePoller(this, builder.pollInterval, builder.scheduler);
    }

    private PrefixTable.Builder<String> fixedRanges() {
        PrefixTable.Builder<String> all = PrefixTable.builder();
        fixed.forEach(each -> all.put(each.range, each.plan));
        return all;
    }

    private static <T> void tell(Consumer<T> listener, T what) {
        try {
            listener.accept(what);
        } catch (Throwable e) { // whatever a listener throws
            LOG.log(Level.WARNING, "A listener to warnings of plans failed", e);
        }
    }

    /**
     * Plans to be filled.
     *
     * @return a builder without plans
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The plan of a client.
     *
     * @param address its address, unmasked
     * @return the name of the plan; null if the address is in no range
     */
    public @Nullable String planOf(ClientAddress address) {
        return table.get(address);
    }

    /** The same as {@link #planOf}. */
    @Override
    public @Nullable String apply(ClientAddress address) {
        return planOf(address);
    }

    /**
     * How many ranges are in use, from everywhere. Equal ranges count once.
     *
     * @return 0 or more
     */
    public int size() {
        return table.size();
    }

    /**
     * How it stands with the files, for metrics and people.
     *
     * @return one for each file, in the order in which they were added
     */
    public List<RangesFileStatus> files() {
        return files.stream().map(RangesFile::status).toList();
    }

    /**
     * Looks into the files now, as happens at each interval. Reads them all, so it waits for the disk.
     */
    public void poll() {
        polling.lock();
        try {
            List<Offer> offers = new ArrayList<>();
            for (RangesFile file : files) {
                Offer offer = file.poll();
                if (offer != null) {
                    offers.add(offer);
                }
            }
            // All at once, so that a range that moves from one file to another is always in one of them.
            while (!offers.isEmpty()) {
                if (take(offers)) {
                    return;
                }
            }
        } finally {
            polling.unlock();
        }
    }

    /**
     * Takes all that is offered and answers true. Or takes nothing, since a range would have two plans, and withdraws the
     * offer of which that is the fault.
     */
    private boolean take(List<Offer> offers) {
        PrefixTable.Builder<String> all = fixedRanges();
        // What stays comes first, as it is free of contradictions: so it is an offer that meets one.
        for (RangesFile file : files) {
            if (offers.stream().noneMatch(offer -> offer.file() == file)) {
                file.ranges().forEach(range -> all.put(range, file.plan()));
            }
        }
        for (Offer offer : offers) {
            try {
                offer.list()
                        .ranges()
                        .forEach(range -> all.put(range, offer.file().plan()));
            } catch (IllegalArgumentException e) {
                offers.remove(offer);
                offer.file().fail(String.valueOf(e.getMessage()));
                return false;
            }
        }
        table = all.build();
        for (Offer offer : offers) {
            offer.file().take(offer);
            LOG.log(Level.INFO, offer.file() + ": " + offer.file().ranges().size() + " ranges are in use from now on");
        }
        return true;
    }

    private void start() {
        if (poller != null) {
            poller.start();
        }
    }

    /** Ends the polling. The ranges stay in use. */
    @Override
    public void close() {
        if (poller != null) {
            poller.close();
        }
    }

    private record PlanRange(String plan, AddressRange range) {}

    private record PlanFile(String plan, Path path) {}

    /** Collects plans. Not thread-safe. */
    public static final class Builder {

        private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);
        private static final Duration LONGEST_INTERVAL = Duration.ofHours(1);

        private final List<PlanRange> ranges = new ArrayList<>();
        private final List<PlanFile> files = new ArrayList<>();
        private Duration pollInterval = Duration.ofSeconds(5);
        private Ticker ticker = System::nanoTime;
        private Consumer<String> onWarning = warning -> {};
        private Consumer<RangesFileStatus> onFault = file -> {};
        private @Nullable ScheduledExecutorService scheduler;

        private Builder() {}

        /**
         * Gives a plan to the clients of some ranges. A plan may be named again, with more ranges or files.
         *
         * @param plan the name of the plan
         * @param ranges their addresses
         * @return this builder
         * @throws IllegalArgumentException if the name is blank
         */
        public Builder plan(String plan, AddressRange... ranges) {
            requireName(plan);
            for (AddressRange range : ranges) {
                this.ranges.add(new PlanRange(plan, Objects.requireNonNull(range, "range")));
            }
            return this;
        }

        /**
         * Gives a plan to the clients of the ranges in a file.
         *
         * @param plan the name of the plan
         * @param file the file, which is polled for changes
         * @return this builder
         * @throws IllegalArgumentException if the name is blank
         */
        public Builder plan(String plan, Path file) {
            requireName(plan);
            files.add(new PlanFile(plan, Objects.requireNonNull(file, "file")));
            return this;
        }

        private static void requireName(String plan) {
            if (plan.isBlank()) {
                throw new IllegalArgumentException("a plan needs a name, not " + QuotedText.of(plan));
            }
        }

        /**
         * How long after one poll of the files the next one is. New content is in use after two intervals at most.
         *
         * @param interval 100 milliseconds to 1 hour; 5 seconds unless set
         * @return this builder
         * @throws IllegalArgumentException if the interval is not in its range
         */
        public Builder pollInterval(Duration interval) {
            if (interval.compareTo(SHORTEST_INTERVAL) < 0 || interval.compareTo(LONGEST_INTERVAL) > 0) {
                throw new IllegalArgumentException("the interval of polls must be " + SHORTEST_INTERVAL + " to "
                        + LONGEST_INTERVAL + ", not " + interval);
            }
            pollInterval = interval;
            return this;
        }

        /**
         * Polls on a scheduler of the caller's. Otherwise the plans have a daemon thread of their own, if there is a
         * file.
         *
         * @param scheduler the caller shuts it down; a poll keeps one of its threads waiting for the disk
         * @return this builder
         */
        public Builder scheduler(ScheduledExecutorService scheduler) {
            this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
            return this;
        }

        /**
         * Is told of each warning, beside the log.
         *
         * @param listener called by the thread that polls, or builds, with the text; what it throws is logged
         * @return this builder
         */
        public Builder onWarning(Consumer<String> listener) {
            onWarning = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * Is told each time that a file has a fault, or another one than before.
         *
         * @param listener called by the thread that polls, with how it stands with the file; what it throws is logged
         * @return this builder
         */
        public Builder onFault(Consumer<RangesFileStatus> listener) {
            onFault = Objects.requireNonNull(listener, "listener");
            return this;
        }

        /**
         * The clock by which {@link RangesFileStatus#age} is told.
         *
         * @param ticker the clock; {@link System#nanoTime} unless set
         * @return this builder
         */
        public Builder ticker(Ticker ticker) {
            this.ticker = Objects.requireNonNull(ticker, "ticker");
            return this;
        }

        /**
         * Reads the files, and polls them from then on.
         *
         * @return the plans
         * @throws IllegalArgumentException if a file cannot be used as it is now, if a range has two plans, or if polls
         *     are to run on a scheduler that takes no more tasks; the message tells file, line and accepted form
         */
        public AddressPlans build() {
            AddressPlans plans = new AddressPlans(this);
            plans.start();
            return plans;
        }
    }
}
