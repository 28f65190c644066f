package io.headgate.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks and writes what they found, as tables and a plot, into {@code docs/}: the quick set, or the long one,
 * which has the sizes that the quick one leaves out.
 */
public final class Report {

    static final String COMMAND = "mvn -q -B -ntp -pl benchmarks -am -DskipTests package exec:exec";
    private static final String[] FEWER_CONTENDERS = {
        "floor", "headgate", "headgate-map", "word-in-chm", "bucket4j-caffeine"
    };

    private final Results results = new Results();
    private final Page page = new Page();

    private Report() {}

    /**
     * Runs and writes.
     *
     * @param arguments {@code docs} folder, then {@code quick}, {@code long}, {@code memory} or {@code eviction}
     * @throws Exception if a benchmark or the writing fails
     */
    public static void main(String[] arguments) throws Exception {
        Path docs = Path.of(arguments[0]);
        switch (arguments[1]) {
            case "quick" -> new Report().quick(docs);
            case "long" -> new Report().thorough(docs);
            case "memory" -> Memory.main(arguments);
            case "eviction" -> Eviction.write(docs);
            default ->
                throw new IllegalArgumentException(
                        "-Dbenchmarks=" + arguments[1] + ": quick, long, memory or eviction");
        }
    }

    private void quick(Path docs) throws RunnerException, IOException {
        for (String contender : Contender.NAMES) {
            results.put("Footprint/" + contender, Footprint.bytesPerClient(contender));
        }
        results.run(
                "DecisionBenchmark.(latency|throughput)$",
                b -> brief(b).param("calls", "uniform").addProfiler(GCProfiler.class));
        for (int round = 0; round < 2; round++) { // in turn, as a machine may be slower by half a minute later
            results.run(
                    "DecisionBenchmark.(latency|throughput)$",
                    b -> brief(b).param("calls", "uniform").param("contender", "floor", "headgate"));
        }
        results.run(
                "DecisionBenchmark.throughput$",
                b -> brief(b).param("calls", "zipf").param("clients", "1000000"));
        results.run(
                "DecisionBenchmark.throughput2$",
                b -> brief(b).param("calls", "uniform")
                        .param("clients", "1000000")
                        .param("contender", FEWER_CONTENDERS));
        results.run(
                "DecisionBenchmark.flood2?$",
                b -> brief(b).param("calls", "uniform")
                        .param("clients", "1000")
                        .param("contender", Contender.NAMES.stream().skip(1).toArray(String[]::new))
                        .addProfiler(GCProfiler.class));
        for (int round = 0; round < 3; round++) {
            results.run("LimitsBenchmark", b -> brief(b).warmupIterations(4)); // compiled anew in the third
        }
        results.run("CapBenchmark", b -> b);
        results.run("ChurnBenchmark", b -> brief(b).param("scene", "newcomers"));
        results.run(
                "ChurnBenchmark",
                b -> b.param("scene", "churn").param("contender", "headgate", "headgate-map", "bucket4j-caffeine"));
        results.run("NewcomersBenchmark", b -> b);
        results.run("PauseBenchmark", b -> b.warmupIterations(2).measurementIterations(3));
        results.run("MapBenchmark.(hit|miss|mixed|storeAndDelete)$", Report::brief);
        results.run("MapBenchmark.fill$", b -> b.measurementIterations(3));
        results.run("ParseBenchmark", Report::brief);
        results.run("PrefixTableBenchmark", Report::brief);
        results.run("FilterBenchmark", b -> b.forks(1));

        page.title("Performance");
        about(COMMAND);
        page.paragraph(
                "What takes longer to measure is in [performance-long.md](performance-long.md); eviction by use, in [performance-eviction.md](performance-eviction.md).");
        new Targets(results, page).write();
        for (String kind : List.of("latency", "throughput")) {
            for (int clients : new int[] {1_000, 1_000_000}) {
                decisions(kind, clients, "uniform");
            }
        }
        page.paragraph("![Decisions, next to the floor](performance.svg)");
        decisions("throughput", 1_000_000, "zipf");
        decisions("throughput2", 1_000_000, "uniform");
        limits();
        floods();
        cap();
        churn();
        pauses();
        footprints();
        Memory.write(page);
        maps(1_000, 1_000_000);
        others();
        write(docs, "performance.md");
        Files.writeString(docs.resolve("performance.svg"), Plot.bars(results, 1_000, 1_000_000));
    }

    private void thorough(Path docs) throws RunnerException, IOException {
        results.run(
                "DecisionBenchmark.(latency|throughput)$",
                b -> large(b).param("calls", "uniform").param("clients", "100000", "10000000"));
        for (String[] fewer : new String[][] {{"throughput", "zipf"}, {"throughput2", "uniform"}}) {
            results.run(
                    "DecisionBenchmark." + fewer[0] + "$",
                    b -> large(b).param("calls", fewer[1])
                            .param("clients", "10000000")
                            .param("contender", FEWER_CONTENDERS));
        }
        results.run("MapBenchmark.(hit|miss)$", b -> large(b).param("size", "100000", "10000000"));

        page.title("Performance: the long set");
        about(COMMAND + " -Dbenchmarks=long");
        new Targets(results, page).writeLong();
        for (String kind : List.of("latency", "throughput")) {
            decisions(kind, 100_000, "uniform");
            decisions(kind, 10_000_000, "uniform");
        }
        decisions("throughput", 10_000_000, "zipf");
        decisions("throughput2", 10_000_000, "uniform");
        maps(100_000, 10_000_000);
        write(docs, "performance-long.md");
    }

    private static ChainedOptionsBuilder brief(ChainedOptionsBuilder builder) {
        return builder.warmupIterations(2)
                .warmupTime(TimeValue.milliseconds(400))
                .measurementIterations(4)
                .measurementTime(TimeValue.milliseconds(300));
    }

    private static ChainedOptionsBuilder large(ChainedOptionsBuilder builder) {
        return brief(builder).jvmArgs("-Xms12g", "-Xmx12g", "-XX:+AlwaysPreTouch", "-XX:+UseParallelGC");
    }

    private void write(Path docs, String name) throws IOException {
        Files.writeString(docs.resolve(name), page.toString());
        System.out.println(page);
    }

    /** Who wrote a page, and where. */
    static String writtenBy(String command) {
        return "Written by `" + command + "`, on "
                + System.getProperty("java.vm.name") + " "
                + System.getProperty("java.version") + " and "
                + Runtime.getRuntime().availableProcessors() + " processors.";
    }

    private void about(String command) {
        page.paragraph(
                writtenBy(command),
                "Machines differ and are noisy: read the ratios. Figures are medians. Every contender limits by client address; keys",
                "are computed and not stored; each contender runs in a process of its own (`benchmarks/`). `floor` is one reading of the",
                "clock and one CAS at a random place of as much memory as `headgate` has; `word-in-chm` is our arithmetic with a word a",
                "client in a `ConcurrentHashMap`, unbounded, not counted and never swept.");
    }

    private void decisions(String kind, int clients, String calls) {
        page.heading(String.format(
                Locale.ROOT,
                "%,d clients%s, %s",
                clients,
                calls.equals("zipf") ? " by Zipf's law" : "",
                switch (kind) {
                    case "latency" -> "one after the other: the next client follows from the last answer";
                    case "throughput" -> "independent of each other, one thread";
                    default -> "independent of each other, two threads";
                }));
        page.table("contender", "ns a decision", "beside the floor", "beside headgate", "bytes allocated");
        String prefix = "DecisionBenchmark." + kind + "/" + clients + "/" + calls + "/";
        for (String contender : Contender.NAMES) {
            if (!Double.isNaN(results.get(prefix + contender))) {
                page.row(
                        contender,
                        results.get(prefix + contender),
                        results.ratio(prefix + contender, prefix + "floor"),
                        results.ratio(prefix + contender, prefix + "headgate"),
                        results.get(prefix + contender + "/gc.alloc.rate.norm"));
            }
        }
    }

    private void limits() {
        page.heading("One, two and three limits: 1,000 clients, independent of each other, one thread, all admitted");
        page.paragraph("In the thread's processor time, each in a process of its own, in turn, three times.");
        page.table("contender", "ns, one", "two", "three", "two / one", "three / one");
        for (String contender : List.of("headgate", "headgate-map")) {
            String prefix = "LimitsBenchmark.admitted/" + contender + "/";
            page.row(
                    contender,
                    results.get(prefix + "1/each"),
                    results.get(prefix + "2/each"),
                    results.get(prefix + "3/each"),
                    results.ratio(prefix + "2/each", prefix + "1/each"),
                    results.ratio(prefix + "3/each", prefix + "1/each"));
        }
    }

    private void floods() {
        page.heading("One client that floods and is denied");
        page.table("contender", "ns a denial, 1 thread", "2 threads", "throughput of 2 threads / 1", "bytes allocated");
        for (String contender : Contender.NAMES) {
            String one = "DecisionBenchmark.flood/1000/uniform/" + contender;
            String two = "DecisionBenchmark.flood2/1000/uniform/" + contender;
            if (!Double.isNaN(results.get(one))) {
                page.row(
                        contender,
                        results.get(one),
                        results.get(two),
                        2 * results.ratio(one, two),
                        results.get(one + "/gc.alloc.rate.norm"));
            }
        }
        page.heading("A flood of newcomers: a million inserts into an empty limiter");
        page.table("", "ns each");
        for (String name : List.of("headgate", "headgateMap", "putIfAbsent")) {
            page.row(name, results.get("NewcomersBenchmark." + name));
        }
    }

    private void cap() {
        page.heading("Newcomers at the cap, beside a decision about a tracked client");
        page.paragraph(
                "20,000 clients are tracked, which is the most; a newcomer never came before; the clock is moved by hand. Before each",
                "newcomer, `hot`: nothing happens, and no bucket is full; `filling`: one more client's bucket becomes full; `returning`:",
                "a client takes again just before its bucket would be full; `refunded`: a client that owes much gets a permit back. What",
                "that takes (`alone`) is measured by itself and left out of the decisions. Nanoseconds are the thread's processor time.",
                "Let in is the share of newcomers that got buckets of their own; the others share some.");
        page.table("contender", "before", "ns, alone", "ns, tracked", "ns, newcomer", "beside tracked", "let in");
        for (String contender : List.of("headgate", "headgate-map")) {
            for (String scene : CapBenchmark.SCENES) {
                String round = "CapBenchmark.round/" + scene + "/" + contender;
                page.row(
                        contender,
                        scene,
                        results.get(round + "/alone"),
                        results.get(round + "/tracked"),
                        results.get(round + "/newcomer"),
                        results.ratio(round + "/newcomer", round + "/tracked"),
                        results.get(round + "/letIn"));
            }
        }
    }

    private void churn() {
        page.heading("A million clients that come and go");
        page.paragraph(
                "Newcomers: every hundredth call is by a new client, and nobody is forgotten. Churn: every tenth is, buckets are full",
                "10 ms after a call, and what is full (idle, for Caffeine) is forgotten each second; the others here never forget.");
        page.table("contender", "ns a decision, 1 % newcomers", "beside headgate", "ns, churn", "beside headgate");
        for (String contender : Contender.NAMES.subList(1, Contender.NAMES.size())) {
            String newcomers = "ChurnBenchmark.decision/newcomers/";
            String churn = "ChurnBenchmark.decision/churn/";
            if (!Double.isNaN(results.get(newcomers + contender))) {
                page.row(
                        contender,
                        results.get(newcomers + contender),
                        results.ratio(newcomers + contender, newcomers + "headgate"),
                        results.get(churn + contender),
                        results.ratio(churn + contender, churn + "headgate"));
            }
        }
    }

    private void pauses() {
        page.heading("Single decisions: a million clients, 1 % newcomers, a sweep each second");
        page.paragraph(
                "One after the other, and as arrivals every 2 µs, where a pause delays all calls that arrive in it (no coordinated",
                "omission). `nothing` is the clock and the machine alone.");
        page.table("", "p50, ns", "p99", "p99.99", "arrivals: p50, ns", "p99", "p99.99");
        for (String name : List.of("nothing", "headgate", "headgate-map", "bucket4j-caffeine")) {
            String decision = "PauseBenchmark.decision/" + name;
            String arrivals = "PauseBenchmark.arrivals/" + name;
            page.row(
                    name,
                    results.get(decision + "/p50.0"),
                    results.get(decision + "/p99.0"),
                    results.get(decision + "/p99.99"),
                    results.get(arrivals + "/p50"),
                    results.get(arrivals + "/p99"),
                    results.get(arrivals + "/p9999"));
        }
    }

    private void footprints() {
        page.heading("Bytes a client: a million tracked, with room for a quarter more, by the heap after collections");
        page.table("contender", "bytes a client", "beside headgate");
        for (String contender : Contender.NAMES.subList(1, Contender.NAMES.size())) {
            page.row(
                    contender,
                    results.get("Footprint/" + contender),
                    results.ratio("Footprint/" + contender, "Footprint/headgate"));
        }
    }

    private void maps(int... sizes) {
        page.heading("`ReadOptimizedMap` beside `ConcurrentHashMap`, one thread");
        page.table("operation", "entries", "ns, read-optimized", "ns, ConcurrentHashMap", "speed beside it");
        for (String operation : List.of("hit", "miss", "mixed", "storeAndDelete", "fill")) {
            for (int size : sizes) {
                String prefix = "MapBenchmark." + operation + "/" + size + "/";
                double each = operation.equals("fill") ? size : 1;
                if (!Double.isNaN(results.get(prefix + "read-optimized"))) {
                    page.row(
                            operation.equals("fill") ? "first insert" : operation,
                            String.format("%,d", size),
                            results.get(prefix + "read-optimized") / each,
                            results.get(prefix + "concurrent-hash-map") / each,
                            results.ratio(prefix + "concurrent-hash-map", prefix + "read-optimized"));
                }
            }
        }
        if (Double.isNaN(results.get("MapBenchmark.fill/" + sizes[0] + "/read-optimized/longest"))) {
            return;
        }
        page.table("longest insert", "µs, read-optimized", "µs, ConcurrentHashMap");
        for (int size : sizes) {
            String prefix = "MapBenchmark.fill/" + size + "/";
            page.row(
                    String.format("of %,d", size),
                    results.get(prefix + "read-optimized/longest") / 1000,
                    results.get(prefix + "concurrent-hash-map/longest") / 1000);
        }
    }

    private void ranges() {
        page.heading("The range of an address");
        page.paragraph(
                "The longest of many ranges that contains an address, by the table (`PrefixTable`) and by asking each. Half of the",
                "ranges are IPv6.");
        page.table("address", "ranges", "ns, found", "ns, in none", "µs, found one by one", "µs, in none one by one");
        for (String kind : List.of("IPv4", "IPv6")) {
            for (int ranges : new int[] {10, 1_000, 50_000}) {
                String of = "/" + ranges + "/" + kind + "/";
                page.row(
                        kind,
                        String.format("%,d", ranges),
                        results.get("PrefixTableBenchmark.table" + of + "hit"),
                        results.get("PrefixTableBenchmark.table" + of + "miss"),
                        results.get("PrefixTableBenchmark.oneByOne" + of + "hit") / 1_000,
                        results.get("PrefixTableBenchmark.oneByOne" + of + "miss") / 1_000);
            }
        }
    }

    private void others() {
        page.heading("Reading an address");
        page.table("text", "ns");
        page.row("IPv4", results.get("ParseBenchmark.ipv4"));
        page.row("IPv6", results.get("ParseBenchmark.ipv6"));
        ranges();
        page.heading("A request to Tomcat over a kept connection");
        page.paragraph(
                "One request without the filter and one with it in turn. `none` against itself shows the noise.");
        page.table("filter", "µs a request", "requests/s with / without");
        for (String name : List.of("none", "headgate", "headgate-no-headers", "tomcat")) {
            String requests = "FilterBenchmark.requests/" + name;
            page.row(name, results.get(requests), results.ratio(requests + "/plain", requests + "/limited"));
        }
    }
}
