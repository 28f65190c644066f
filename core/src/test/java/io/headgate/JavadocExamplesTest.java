package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.testing.JavadocExamples;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavadocExamplesTest {

    @TempDir
    private Path classes;

    @Test
    void everyEntryPointHasAnExampleAndItCompiles() throws IOException {
        JavadocExamples examples = JavadocExamples.read(
                """
                import io.headgate.*;
                import io.headgate.map.*;
                import io.headgate.metrics.*;
                import io.headgate.net.*;
                import io.headgate.plan.*;
                import io.micrometer.core.instrument.MeterRegistry;
                import java.nio.file.Path;
                import java.time.Duration;
                import java.util.Map;
                import java.util.concurrent.CompletableFuture;
                import java.util.concurrent.atomic.LongAdder;
                """,
                """
                    interface Customers { String planOf(String apiKey); }
                    interface Response { void setHeader(String name, String value); }
                    Limiter<String> limiter;
                    String account;
                    String apiKey;
                    Customers customers;
                    PlanSource<String> source;
                    PlanCache<String> plans;
                    Response response;
                    LongAdder denied;
                    Map<String, String> planOf;
                    MeterRegistry registry;
                """,
                "io.headgate",
                "io.headgate.map",
                "io.headgate.metrics",
                "io.headgate.net",
                "io.headgate.plan");
        assertThat(examples.errors(classes)).isEmpty();
        // What users get from others, or never make.
        assertThat(examples.typesWithout())
                .containsExactly(
                        "AddressPlans.Builder",
                        "HeavyHitters.Hit",
                        "LimitStatus",
                        "LimiterStats.Builder",
                        "PrefixTable.Builder",
                        "RangesFileStatus",
                        "Ticker",
                        "Walk");
    }
}
