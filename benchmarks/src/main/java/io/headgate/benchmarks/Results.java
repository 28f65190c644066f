package io.headgate.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Figures of benchmarks, by name and parameters, such as {@code DecisionBenchmark.latency/1000/uniform/floor}. */
final class Results {

    /** In the order in which their values make a name. */
    private static final List<String> PARAMETERS =
            List.of("clients", "calls", "scene", "size", "contender", "map", "filter");

    private final Map<String, Double> figures = new TreeMap<>();

    /** How a run differs from what the annotations say. */
    interface Options {
        ChainedOptionsBuilder to(ChainedOptionsBuilder builder);
    }

    /** Runs the benchmarks whose class and method match. */
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

    /** Medians of the iterations: other work on the machine moves them less than means. */
    private void put(String name, RunResult result) {
        for (double p : new double[] {50, 99, 99.99}) {
            figures.put(
                    name + "/p" + p, result.getPrimaryResult().getStatistics().getPercentile(p));
        }
        figures.put(name, get(name + "/p50.0"));
        result.getSecondaryResults().forEach((label, secondary) -> put(name + "/" + label, secondary));
    }

    private void put(String name, Result<?> secondary) {
        figures.put(name.replace("·", ""), secondary.getStatistics().getPercentile(50));
    }

    void put(String name, double figure) {
        figures.put(name, figure);
    }

    /** NaN if it was not measured. */
    double get(String name) {
        return figures.getOrDefault(name, Double.NaN);
    }

    double ratio(String name, String other) {
        return get(name) / get(other);
    }
}
