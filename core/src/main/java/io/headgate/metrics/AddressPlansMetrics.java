package io.headgate.metrics;

import io.headgate.plan.AddressPlans;
import io.headgate.plan.RangesFileStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * The meters of plans by address, above all of their files:
 *
 * <pre>{@code
 * new AddressPlansMetrics(AddressPlans.builder().plan("partners", Path.of("partners.txt")).build()).bindTo(registry);
 * }</pre>
 *
 * <table>
 * <caption>Meters; those of files have the tags {@code plan} and {@code file}</caption>
 * <tr><th>name</th><th>type</th><th>what it counts</th></tr>
 * <tr><td>headgate.plans.ranges</td><td>gauge</td><td>ranges in use, from everywhere</td></tr>
 * <tr><td>headgate.plans.file.healthy</td><td>gauge</td><td>1, or 0 while the present content of the file cannot be
 * used</td></tr>
 * <tr><td>headgate.plans.file.ranges</td><td>gauge</td><td>ranges of the file that are in use</td></tr>
 * <tr><td>headgate.plans.file.age</td><td>gauge</td><td>seconds since those were last seen in the file</td></tr>
 * <tr><td>headgate.plans.file.failures</td><td>counter</td><td>polls that found a fault</td></tr>
 * </table>
 */
@SuppressWarnings("exports") // optional: a module that uses the meters requires Micrometer itself
public final class AddressPlansMetrics implements MeterBinder {

    private final AddressPlans plans;
    private final Tags tags;

    /**
     * The meters of plans.
     *
     * @param plans the plans, which the meters do not keep from being collected
     */
    public AddressPlansMetrics(AddressPlans plans) {
        this(plans, Tags.empty());
    }

    /**
     * The meters of plans, where others have meters in the same registry.
     *
     * @param plans the plans, which the meters do not keep from being collected
     * @param tags of all these meters, such as {@code filter}; the others must have tags of the same names
     */
    public AddressPlansMetrics(AddressPlans plans, Iterable<Tag> tags) {
        this.plans = Objects.requireNonNull(plans, "plans");
        this.tags = Tags.of(tags);
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("headgate.plans.ranges", plans, AddressPlans::size)
                .description("Ranges with a plan that are in use")
                .tags(tags)
                .register(registry);
        List<RangesFileStatus> files = plans.files();
        for (int i = 0; i < files.size(); i++) {
            int file = i;
            Tags ofFile = tags.and(
                    "plan", files.get(i).plan(), "file", files.get(i).file().toString());
            gauge(registry, ofFile, file, "healthy", "", "1 if the file can be used", s -> s.healthy() ? 1 : 0);
            gauge(registry, ofFile, file, "ranges", "", "Ranges of the file that are in use", RangesFileStatus::ranges);
            gauge(
                    registry,
                    ofFile,
                    file,
                    "age",
                    "seconds",
                    "Time since the ranges in use were last seen in the file",
                    s -> s.age().toNanos() / 1e9);
            FunctionCounter.builder(
                            "headgate.plans.file.failures",
                            plans,
                            p -> p.files().get(file).failures())
                    .description("Polls that found a fault in the file")
                    .tags(ofFile)
                    .register(registry);
        }
    }

    private void gauge(
            MeterRegistry registry,
            Tags ofFile,
            int file,
            String name,
            String unit,
            String description,
            ToDoubleFunction<RangesFileStatus> number) {
        Gauge.builder(
                        "headgate.plans.file." + name,
                        plans,
                        p -> number.applyAsDouble(p.files().get(file)))
                .description(description)
                .baseUnit(unit.isEmpty() ? null : unit)
                .tags(ofFile)
                .register(registry);
    }
}
