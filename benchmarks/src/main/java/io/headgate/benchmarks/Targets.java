package io.headgate.benchmarks;

/** What we mean to reach, and what a run found. */
final class Targets {

    private final Results results;
    private final Page page;

    Targets(Results results, Page page) {
        this.results = results;
        this.page = page;
    }

    void write() {
        begin();
        beside("floor", "latency", 1_000, 1.5);
        beside("floor", "latency", 1_000_000, 1.25);
        beside("floor", "throughput", 1_000, 1.3);
        beside("floor", "throughput", 1_000_000, 2.0);
        rival("Bucket4j + Caffeine", "bucket4j-caffeine", 1_000, 3);
        rival("Bucket4j + Caffeine", "bucket4j-caffeine", 1_000_000, 5);
        rival("a word in `ConcurrentHashMap` with text keys", "word-in-chm-text", 1_000_000, 1.5);
        atLeast(
                "one flooding key, denied: throughput of 2 threads / 1",
                1.8,
                2
                        * results.ratio(
                                "DecisionBenchmark.flood/1000/uniform/headgate",
                                "DecisionBenchmark.flood2/1000/uniform/headgate"));
        atMost("bytes a client, 1,000,000 tracked of 1,250,000", 40, results.get("Footprint/headgate"));
        atMost("p99 of a decision, 1 % newcomers, sweeper on, ns", 1_000, pause("p99.0"));
        atMost("p99.99 of the same, ns", 50_000, pause("p99.99"));
        atLeast(
                "flood of newcomers, inserts/s beside `putIfAbsent`",
                1,
                results.ratio("NewcomersBenchmark.putIfAbsent", "NewcomersBenchmark.headgate"));
        atLeast(
                "Tomcat requests/s with the filter / without",
                0.97,
                results.ratio("FilterBenchmark.requests/headgate/plain", "FilterBenchmark.requests/headgate/limited"));
        moreLimits("two", 2, 1.4);
        moreLimits("three", 3, 1.8);
        for (String scene : CapBenchmark.SCENES) {
            newcomer("table", "headgate", scene);
            newcomer("map", "headgate-map", scene);
        }
        hits(1_000);
        hits(1_000_000);
        atMost(
                "`ReadOptimizedMap`, longest insert of a million, µs",
                1_000,
                results.get("MapBenchmark.fill/1000000/read-optimized/longest") / 1_000);
        atMost("`ClientAddress.tryParse` of an IPv4 text, ns", 25, results.get("ParseBenchmark.ipv4"));
        page.paragraph(
                "`tryAcquire` allocates nothing, admitted or denied (`AllocationTest`); the bytes in the tables below are the key that the",
                "benchmark makes for each call. Why targets are missed, as far as it is known, is in [decisions.md](decisions.md).");
    }

    void writeLong() {
        begin();
        beside("floor", "latency", 10_000_000, 1.25);
        beside("floor", "throughput", 10_000_000, 2.0);
        hits(100_000);
        hits(10_000_000);
    }

    private void begin() {
        page.heading("Targets");
        page.table("what", "target", "found", "");
    }

    private void beside(String other, String kind, int clients, double most) {
        String prefix = "DecisionBenchmark." + kind + "/" + clients + "/uniform/";
        atMost(
                String.format("decision / %s, %s, %,d clients", other, kind, clients),
                most,
                results.ratio(prefix + "headgate", prefix + other));
    }

    private void rival(String what, String contender, int clients, double least) {
        String prefix = "DecisionBenchmark.latency/" + clients + "/uniform/";
        atLeast(
                String.format("%s / ours, %,d clients", what, clients),
                least,
                results.ratio(prefix + contender, prefix + "headgate"));
    }

    private void moreLimits(String many, int limits, double most) {
        String prefix = "LimitsBenchmark.admitted/headgate/";
        atMost(
                many + " limits / one, 1,000 clients",
                most,
                results.ratio(prefix + limits + "/each", prefix + "1/each"));
    }

    private void newcomer(String store, String contender, String scene) {
        String round = "CapBenchmark.round/" + scene + "/" + contender;
        atMost(
                "newcomer at the cap / tracked client, " + store + ", " + scene,
                10,
                results.ratio(round + "/newcomer", round + "/tracked"));
    }

    private void hits(int size) {
        String prefix = "MapBenchmark.hit/" + size + "/";
        atLeast(
                String.format("`ReadOptimizedMap` / `ConcurrentHashMap`, speed of hits, %,d entries", size),
                0.9,
                results.ratio(prefix + "concurrent-hash-map", prefix + "read-optimized"));
    }

    private double pause(String percentile) {
        return results.get("PauseBenchmark.decision/headgate/" + percentile);
    }

    private void atMost(String what, double most, double found) {
        row(what, "≤ ", most, found, found <= most);
    }

    private void atLeast(String what, double least, double found) {
        row(what, "≥ ", least, found, found >= least);
    }

    private void row(String what, String sign, double target, double found, boolean met) {
        page.row(
                what,
                sign + (target == Math.rint(target) ? String.format("%,.0f", target) : target),
                found,
                met ? "met" : "missed");
    }
}
