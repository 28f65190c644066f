package io.headgate.spring;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;

/** Says that properties which Spring Cloud reports as changed are not read again. Thread-safe. */
final class RefreshAdvice implements ApplicationListener<EnvironmentChangeEvent> {

    private final SetupAdvice advice;
    /** All that have changed since the start. */
    private final Set<String> changed = new ConcurrentSkipListSet<>();

    RefreshAdvice(SetupAdvice advice) {
        this.advice = advice;
    }

    @Override
    public void onApplicationEvent(EnvironmentChangeEvent event) {
        List<String> ours =
                event.getKeys().stream().filter(ConfiguredKeys::isOurs).toList();
        if (!ours.isEmpty()) {
            changed.addAll(ours);
            advice.warn(SetupWarning.NOT_REFRESHED, String.join(", ", changed));
        }
    }
}
