package io.headgate;

import io.headgate.faults.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What is tried with a fault anywhere in it. Made by reflection where the classes are not those of the test. */
public final class AllScenarios implements Supplier<List<Scenario.Named>> {

    @Override
    public List<Scenario.Named> get() {
        List<Scenario.Named> all = new ArrayList<>();
        all.addAll(MapScenarios.all());
        all.addAll(LimiterScenarios.all());
        all.addAll(SketchScenarios.all());
        all.addAll(BuildScenarios.all());
        return all;
    }
}
