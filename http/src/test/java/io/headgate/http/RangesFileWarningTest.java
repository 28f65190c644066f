package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.net.ClientAddress;
import io.headgate.plan.AddressPlans;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of ranges that becomes one that cannot be used while requests are limited. */
class RangesFileWarningTest {

    @TempDir
    private Path folder;

    private final LogRecords log = new LogRecords(RequestLimiter.class);
    private final LogRecords ofFiles = new LogRecords(AddressPlans.class);
    private Path partners = Path.of("");
    private Path crawlers = Path.of("");

    @BeforeEach
    void write() throws IOException {
        partners = Files.writeString(folder.resolve("partners {plans} 100%s"), "192.0.2.0/24\n2001:db8::/32\n");
        crawlers = Files.writeString(folder.resolve("crawlers"), "203.0.113.0/24");
    }

    @AfterEach
    void close() {
        log.close();
        ofFiles.close();
    }

    private RequestLimiter.Builder builder() {
        return RequestLimiter.builder()
                .limits(Limit.parse("1/day"))
                .plan(Plan.limits("partners", Limit.parse("5/day")).rangesFile(partners))
                .plan(Plan.limits("crawlers", Limit.parse("5/day")).rangesFile(crawlers))
                .spelling(option -> "my." + option.property())
                .sweepInterval(Duration.ZERO)
                .ticker(new FakeTicker());
    }

    /** Two polls, whichever thread makes them: one of its own looks every five seconds as well. */
    private static void poll(RequestLimiter limits) {
        AddressPlans plans = limits.addressPlans().orElseThrow();
        plans.poll();
        plans.poll();
    }

    private List<String> said() {
        return log.warnings().stream().filter(line -> line.contains("HG-017")).toList();
    }

    @Test
    void theFirstFaultOfEachFileIsSaid() throws IOException {
        try (RequestLimiter limits = builder().build()) {
            poll(limits);
            assertThat(limits.warnings()).isEmpty();
            Files.writeString(partners, "192.0.2.0/24\nnowhere\n");
            poll(limits);
            poll(limits);
            String text = "the file " + partners
                    + " of the plan \"partners\" cannot be used as it is now: line 2: \"nowhere\" is not"
                    + " an address range: it does not begin with an address; the form is ADDRESS or ADDRESS/PREFIX, such as \"10.0.0.0/8\", \"2001:db8::/32\""
                    + " or \"192.0.2.1\". The 2 ranges that were read before stay in use, however long that lasts. Correct"
                    + " the file, or name another one in my.plans";
            assertThat(limits.warningTexts())
                    .containsOnlyKeys(Warning.FAULTY_RANGES_FILE)
                    .containsValue(text);
            assertThat(said()).singleElement().asString().endsWith("HG-017: " + text);
            // Another fault of it is not, and one of another file is.
            Files.delete(partners);
            poll(limits);
            assertThat(limits.warningTexts()).containsValue(text);
            Files.delete(crawlers);
            poll(limits);
            assertThat(limits.warningTexts().get(Warning.FAULTY_RANGES_FILE))
                    .startsWith(text + "; the file " + crawlers
                            + " of the plan \"crawlers\" cannot be used as it is now: it does not"
                            + " exist. The 1 ranges");
            assertThat(said()).hasSize(2);
            assertThat(limits.decide(FakeRequest.from("192.0.2.9")).passes()).isTrue();
            assertThat(limits.addressPlans().orElseThrow().planOf(ClientAddress.parse("192.0.2.9")))
                    .isEqualTo("partners");
        }
    }

    /** As with any other warning: the meter of the file says how it stands. */
    @Test
    void aFaultThatIsOverStaysInTheListUntilAnotherConfigurationStarts() throws IOException {
        try (RequestLimiter limits = builder().build()) {
            Files.delete(crawlers);
            poll(limits);
            Files.writeString(crawlers, "203.0.113.0/25");
            poll(limits);
            assertThat(limits.addressPlans().orElseThrow().files()).allMatch(file -> file.healthy());
            assertThat(limits.warnings()).containsExactly(Warning.FAULTY_RANGES_FILE);
            RequestLimiter next = builder().buildInPlaceOf(limits);
            limits.giveWayTo(next);
            assertThat(next.warnings()).isEmpty();
            next.close();
        }
    }
}
