package io.headgate.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.runner.RunnerException;

/** What plans, tiers and keys add to a decision, and what looking a plan up takes. Writes a page. */
final class PlansAndTiers {

    private static final List<String> COMPOSITIONS =
            List.of("one", "plan", "tier", "service", "plan, tier and service");

    private final Results results = new Results();
    private final Page page = new Page();

    private PlansAndTiers() {}

    static void write(Path docs) throws RunnerException, IOException {
        PlansAndTiers plans = new PlansAndTiers();
        for (int round = 0; round < 2; round++) { // in turn, as a machine may be slower by half a minute later
            plans.results.run("CompositionBenchmark", Report::brief);
        }
        plans.results.run("PrefixTableBenchmark", Report::brief);
        plans.results.run("PlanCacheBenchmark.(floor|hit|hitAndRequest|unknown)$", Report::brief);
        plans.report();
        Files.writeString(docs.resolve("performance-plans.md"), plans.page.toString());
        System.out.println(plans.page);
    }

    private void report() {
        page.title("Plans, tiers and keys");
        page.paragraph(
                Report.writtenBy(Report.COMMAND + " -Dbenchmarks=plans"),
                "Machines differ and are noisy: read the ratios. Figures are medians, and all of one run.");
        page.heading("A decision by several limiters");
        page.paragraph(
                "`tryAcquire` of 1,000 known clients, independent of each other, one thread, all admitted, in its processor time. The plan is that",
                "of a function that looks at the address; a tier is a limiter of IPv4 /24 and IPv6 /48; the service is one key for all.");
        page.table("limiters", "ns", "to one alone");
        for (String composition : COMPOSITIONS) {
            String name = "CompositionBenchmark.admitted/" + composition + "/each";
            page.row(composition, results.get(name), results.ratio(name, "CompositionBenchmark.admitted/one/each"));
        }
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
                        String.format(Locale.ROOT, "%,d", ranges),
                        results.get("PrefixTableBenchmark.table" + of + "hit"),
                        results.get("PrefixTableBenchmark.table" + of + "miss"),
                        results.get("PrefixTableBenchmark.oneByOne" + of + "hit") / 1_000,
                        results.get("PrefixTableBenchmark.oneByOne" + of + "miss") / 1_000);
            }
        }
        page.heading("The plan of a key");
        page.paragraph(
                "Keys of text, independent of each other, one thread. The floor is the walk over them without a look-up; `hit` is `planIfKnown`;",
                "`hitAndRequest` asks for a newer plan besides, which is not due.");
        page.table("keys", "ns, floor", "hit", "hitAndRequest", "unknown");
        for (int keys : new int[] {1_000, 100_000}) {
            page.row(
                    String.format(Locale.ROOT, "%,d", keys),
                    results.get("PlanCacheBenchmark.floor/" + keys),
                    results.get("PlanCacheBenchmark.hit/" + keys),
                    results.get("PlanCacheBenchmark.hitAndRequest/" + keys),
                    results.get("PlanCacheBenchmark.unknown/" + keys));
        }
    }
}
