package io.headgate.plan;

import io.headgate.Ticker;
import io.headgate.net.AddressRange;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The ranges of a plan in a file that may change. New content is offered when two successive polls have found it. Until
 * it is taken, the ranges read before stay in use, all of them.
 *
 * <p>Why two: one poll may find a file that is half written, or that is missing for a moment.
 *
 * <p>Polled by one thread at a time. Any thread may ask for the status.
 */
final class RangesFile {

    /** So many successive polls may each find another content before that is a fault. */
    private static final int RESTLESS_POLLS = 3;

    /** New content that can be taken. */
    record Offer(RangesFile file, String digest, RangeList list) {}

    private record State(int ranges, @Nullable String fault, long failures, long seenAt) {}

    private final String plan;
    private final Path path;
    private final Ticker ticker;
    private final Consumer<String> warnings;
    private final Consumer<RangesFileStatus> faults;
    private List<AddressRange> ranges = List.of();
    /** The digest of the content in use. */
    private String inUse = "";
    /** The digest that the latest poll found. */
    private String latest = "";
    /** How many successive polls have found a content that is neither in use nor what the poll before found. */
    private int restless;

    private volatile State state;

    RangesFile(String plan, Path path, Ticker ticker, Consumer<String> warnings, Consumer<RangesFileStatus> faults) {
        this.plan = plan;
        this.path = path;
        this.ticker = ticker;
        this.warnings = warnings;
        this.faults = faults;
        state = new State(0, null, 0, ticker.read());
    }

    /** The content at the start, which one look has to do for. */
    Offer first() {
        FileContent content = FileContent.read(path);
        if (content.fault != null) {
            throw invalid(content.fault, null);
        }
        try {
            return new Offer(this, content.digest, RangeList.parse(content.bytes));
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()), e);
        }
    }

    /** The exception for a file that cannot be used at the start. */
    IllegalArgumentException invalid(String fault, @Nullable Exception cause) {
        return new IllegalArgumentException(this + ": " + fault, cause);
    }

    /** Looks into the file. Returns new content that the poll before has found, too, and that can be read. */
    @Nullable
    Offer poll() {
        FileContent content = FileContent.read(path);
        boolean again = content.digest.equals(latest);
        latest = content.digest;
        if (latest.equals(inUse)) {
            restless = 0;
            State now = state;
            state = new State(now.ranges, null, now.failures, ticker.read());
            return null;
        }
        if (!again) {
            if (++restless >= RESTLESS_POLLS) {
                fail("its content was another at each of the last " + RESTLESS_POLLS
                        + " polls; write it into another file and rename that to this one");
            }
            return null;
        }
        restless = 0;
        if (content.fault != null) {
            fail(content.fault);
            return null;
        }
        try {
            return new Offer(this, latest, RangeList.parse(content.bytes));
        } catch (IllegalArgumentException e) {
            fail(String.valueOf(e.getMessage()));
            return null;
        }
    }

    /** Notes that the content offered is in use from now on. */
    void take(Offer offer) {
        ranges = offer.list.ranges();
        inUse = offer.digest;
        latest = offer.digest;
        state = new State(ranges.size(), null, state.failures, ticker.read());
        String hostBits = offer.list.hostBits();
        if (hostBits != null) {
            warnings.accept(this + ": bits beyond a prefix are ignored: " + hostBits);
        }
    }

    /** Notes why the present content is not in use. Warns if the reason is another than that of the poll before. */
    void fail(String fault) {
        State before = state;
        state = new State(before.ranges, fault, before.failures + 1, before.seenAt);
        if (!fault.equals(before.fault)) {
            warnings.accept(
                    this + ": " + fault + ". The " + before.ranges + " ranges that were read before stay in use");
            faults.accept(status());
        }
    }

    String plan() {
        return plan;
    }

    List<AddressRange> ranges() {
        return ranges;
    }

    RangesFileStatus status() {
        State now = state;
        return new RangesFileStatus(
                plan,
                path,
                now.ranges,
                Optional.ofNullable(now.fault),
                now.failures,
                Duration.ofNanos(Math.max(0, ticker.read() - now.seenAt)));
    }

    @Override
    public String toString() {
        return "Plan \"" + plan + "\", file " + path;
    }
}
