package io.headgate.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.ListStatistics;

/** Figures of benchmarks, by name and parameters, such as {@code DecisionBenchmark.latency/1000/uniform/floor}. */
final class Results {

    /** In the order in which their values make a name. */
    private static final List<String> PARAMETERS = List.of(
            "clients",
            "calls",
            "scene",
            "size",
            "composition",
            "keys",
            "contender",
            "map",
            "filter",
            "limits",
            "ranges",
            "kind",
            "outcome");

    private static final ListStatistics NONE = new ListStatistics();

    private final Map<String, ListStatistics> figures = new TreeMap<>();

    /** How a run differs from what the annotations say. */
    interface Options {
        ChainedOptionsBuilder to(ChainedOptionsBuilder builder);
    }

    /** Runs the benchmarks whose class and method match; what was found before counts as well. */
    void run(String pattern, Options options) throws RunnerException {
        ChainedOptionsBuilder builder = new OptionsBuilder()
                .include("io.headgate.benchmarks." + pattern)
                .shouldFailOnError(true);
        for (RunResult result : new Runner(options.to(builder).build()).run()) {
            List<String> name = new ArrayList<>();
            name.add(result.getParams().getBenchmark().replaceFirst(".*\\.(\\w+\\.\\w+)$", "$1"));
            for (String parameter : PARAMETERS) {
                if (result.getParams().getParamsKeys().contains(parameter)) {
                    name.add(result.getParams().getParam(parameter));
                }
            }
            put(String.join("/", name), result);
        }
    }

    private void put(String name, RunResult result) {
        for (double p : new double[] {50, 99, 99.99}) {
            put(name + "/p" + p, result.getPrimaryResult().getStatistics().getPercentile(p));
        }
        for (BenchmarkResult fork : result.getBenchmarkResults()) {
            for (IterationResult iteration : fork.getIterationResults()) {
                put(name, iteration.getPrimaryResult().getScore());
                iteration
                        .getSecondaryResults()
                        .forEach((label, secondary) -> put(name + "/" + label.replace("·", ""), secondary.getScore()));
            }
        }
    }

    void put(String name, double figure) {
        figures.computeIfAbsent(name, key -> new ListStatistics()).addValue(figure);
    }

    /** The median of all iterations, which other work on the machine moves less than a mean; NaN if there was none. */
    double get(String name) {
        return figures.getOrDefault(name, NONE).getPercentile(50);
    }

    double ratio(String name, String other) {
        return get(name) / get(other);
    }
}
