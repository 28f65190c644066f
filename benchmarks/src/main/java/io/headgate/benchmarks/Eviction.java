package io.headgate.benchmarks;

import io.headgate.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.openjdk.jmh.runner.RunnerException;

/** Evicting by use beside evicting what is full: memory, speed, and what a flood of keys has forgiven. Writes a page. */
final class Eviction {

    private static final List<String> NAMES =
            List.of("headgate", "headgate-map", "headgate-caffeine", "bucket4j-caffeine");

    private static final int MOST = 10_000;
    private static final Limit LIMIT = Limit.parse("100/day");
    /** Calls of the flood: so many times as there is room for keys. */
    private static final int CALLS = 200;

    private final Results results = new Results();
    private final Page page = new Page();

    private Eviction() {}

    static void write(Path docs) throws RunnerException, IOException {
        Eviction eviction = new Eviction();
        eviction.measure();
        eviction.report();
        Files.writeString(docs.resolve("performance-eviction.md"), eviction.page.toString());
        System.out.println(eviction.page);
    }

    private void measure() throws RunnerException {
        for (String contender : NAMES) {
            results.put("Footprint/" + contender, Footprint.bytesPerClient(contender));
        }
        results.run("EvictionBenchmark", b -> b);
    }

    private void report() {
        page.title("Eviction by use, beside ours");
        page.paragraph(
                Report.writtenBy(Report.COMMAND + " -Dbenchmarks=eviction"),
                "Machines differ and are noisy: read the ratios. Figures are medians, and all of one run. `headgate` is the limiter of",
                "addresses, `headgate-map` that of any key; `headgate-caffeine` is `Overflow.EVICT`, addresses again. Bucket4j keeps a bucket",
                "each in a Caffeine cache with the same `maximumSize`. What `Overflow.EVICT` gives up is in [memory.md](memory.md#a-store-on-caffeine).");
        page.heading("Memory and speed");
        page.paragraph(
                "Bytes a client: a million tracked, with room for a quarter more, by the heap after collections, addresses included.",
                "Decisions: a million about known clients, independent of each other, in the processor time of the thread. Newcomers: a million",
                "clients of whom each calls once, with room for all of them or, at the cap, for 100,000, in that of the process, collections",
                "included.");
        page.table(
                "contender",
                "bytes a client",
                "ns a decision, 1,000 clients",
                "1,000,000 clients",
                "ns a newcomer",
                "at the cap");
        for (String contender : NAMES) {
            page.row(
                    contender,
                    results.get("Footprint/" + contender),
                    results.get("EvictionBenchmark.known/1000/" + contender + "/each"),
                    results.get("EvictionBenchmark.known/1000000/" + contender + "/each"),
                    results.get("EvictionBenchmark.newcomers/1250000/" + contender + "/each"),
                    results.get("EvictionBenchmark.newcomers/100000/" + contender + "/each"));
        }
        page.heading("How many permits a flood of keys lets a heavy client have");
        page.paragraph(
                String.format(
                        Locale.ROOT,
                        "The limit is %,d a day. There is room for %,d clients. A heavy client comes first and takes what it gets. Then %,d calls are",
                        LIMIT.permits(),
                        MOST,
                        CALLS * MOST),
                "made under new addresses, and each address calls so often in a row. Again and again, after so many times "
                        + String.format(Locale.ROOT, "%,d", MOST),
                "of them, the heavy client comes back and takes what it gets. All is over within seconds, so the limit is its due. A cache",
                "protects whom it sees often: so it helps the heavy client to stay away for a while.");
        page.table(Stream.concat(Stream.of("calls of each address, the heavy client is back after"), NAMES.stream())
                .toArray(String[]::new));
        for (int each : new int[] {1, 4, 16}) {
            for (int back : new int[] {1, 25}) {
                page.row(Stream.concat(
                                Stream.of(String.format(Locale.ROOT, "%d, %,d calls", each, back * MOST)),
                                NAMES.stream()
                                        .map(name -> String.format(Locale.ROOT, "%,d", permits(name, each, back))))
                        .toArray());
            }
        }
    }

    /** What the heavy client gets in all. */
    private static long permits(String contender, int each, int back) {
        Contender limiter = Contender.named(contender, new Contender.Setting(LIMIT, 0, MOST, Duration.ofSeconds(10)));
        long permits = takeAll(limiter);
        for (int call = 1; call <= CALLS * MOST; call++) {
            limiter.tryAcquire(1 + call / each);
            if (call % (back * MOST) == 0) {
                permits += takeAll(limiter);
            }
        }
        return permits;
    }

    private static long takeAll(Contender limiter) {
        long permits = 0;
        while (limiter.tryAcquire(0)) {
            permits++;
        }
        return permits;
    }
}
