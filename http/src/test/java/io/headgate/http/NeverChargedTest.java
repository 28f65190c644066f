package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A condition that never charges is suspected of being a mistake. */
class NeverChargedTest {

    private final LogRecords log = new LogRecords(RequestLimiter.class);

    private static RequestLimiter limits(String... rules) {
        RequestLimiter.Builder builder =
                RequestLimiter.builder().limits(Limit.parse("1000000/s")).ticker(new FakeTicker());
        for (String rule : rules) {
            builder.rule(Rule.parse(rule));
        }
        return builder.build();
    }

    @AfterEach
    void close() {
        log.close();
    }

    private static void serve(RequestLimiter limits, int client, int requests, int status) {
        for (int i = 0; i < requests; i++) {
            Served.by(limits, FakeRequest.from("192.0.2." + client).path("/login"), status);
        }
    }

    @Test
    void aHundredRequestsOfOneClient() {
        RequestLimiter limits = limits("login: /login/* 1000000/s charge-on 401");
        serve(limits, 1, 99, 302);
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 1, 1, 302);
        assertThat(limits.warnings()).containsExactly(Warning.NEVER_CHARGED);
        serve(limits, 2, 1000, 302);
        assertThat(log.warnings())
                .singleElement()
                .asString()
                .contains(
                        "HG-012: the rule \"login\" has charged none",
                        "chargeOn names",
                        "302 to /login?error",
                        "never");
    }

    @Test
    void aThousandRequestsOfTenClients() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on 401");
        for (int client = 0; client < 11; client++) {
            serve(limits, client, client == 0 ? 9 : 99, 200);
        }
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 11, 1, 200);
        assertThat(limits.warnings()).containsExactly(Warning.NEVER_CHARGED);
    }

    /** As many as there can be before it is suspected: so many are kept in mind. */
    @Test
    void aThousandClients() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on 401");
        for (int i = 0; i < 999; i++) {
            Served.by(
                    limits, FakeRequest.from("10.0." + i / 256 + "." + i % 256).path("/login"), 200);
        }
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 1, 1, 200);
        assertThat(limits.warnings()).containsExactly(Warning.NEVER_CHARGED);
    }

    @Test
    void oneThatHasChargedOnceIsTrusted() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on 401");
        serve(limits, 1, 50, 302);
        serve(limits, 1, 1, 401);
        serve(limits, 1, 2000, 302);
        assertThat(limits.warnings()).isEmpty();
    }

    @Test
    void aLimitOfRequestsUnderWayIsMeantToChargeNothing() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on never");
        serve(limits, 1, 200, 200);
        assertThat(limits.warnings()).isEmpty();
    }

    /** Nothing is wrong with a condition that is not asked, because the application or the request itself says enough. */
    @Test
    void whatIsKnownOtherwiseTellsNothingOfTheCondition() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on 401");
        FakeRequest request = FakeRequest.from("192.0.2.1").path("/login");
        for (int i = 0; i < 200; i++) {
            Settlement settlement =
                    Objects.requireNonNull(limits.settlement(limits.decide(request), request, new FakeResponse()));
            request.attribute(Settlement.REFUND, true);
            settlement.committed(302);
            settlement.completed();
        }
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 2, 99, 302);
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 2, 1, 302);
        assertThat(limits.warnings()).containsExactly(Warning.NEVER_CHARGED);
    }

    @Test
    void eachRuleAndTheGeneralLimits() {
        RequestLimiter limits = RequestLimiter.builder()
                .limits(Limit.parse("1000000/s"))
                .ticker(new FakeTicker())
                .chargeOn(ChargeOn.statuses(404))
                .rule(Rule.parse("login: /login/* 1000000/s charge-on 401"))
                .build();
        serve(limits, 1, 100, 200);
        assertThat(log.warnings()).hasSize(2);
        assertThat(limits.warningTexts().get(Warning.NEVER_CHARGED))
                .contains("the rule \"login\" has charged none", "; ", "the general limit has charged none");
    }

    @Test
    void whatFailedTellsNothing() {
        RequestLimiter limits = limits("/login/* 1000000/s charge-on 401");
        FakeRequest request = FakeRequest.from("192.0.2.1").path("/login");
        for (int i = 0; i < 200; i++) {
            Settlement settlement = limits.settlement(limits.decide(request), request, new FakeResponse());
            Objects.requireNonNull(settlement).failed();
        }
        serve(limits, 1, 99, 302);
        assertThat(limits.warnings()).isEmpty();
        serve(limits, 1, 1, 302);
        assertThat(limits.warnings()).containsExactly(Warning.NEVER_CHARGED);
    }

    /** By threads at once it is still said once. */
    @Test
    void ofManyThreadsOneSaysIt() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 50; round++) {
                ChargeCondition condition = new ChargeCondition("x");
                List<Future<Integer>> said = new ArrayList<>();
                for (int t = 0; t < 4; t++) {
                    said.add(threads.submit(() -> {
                        int suspicions = 0;
                        for (int i = 0; i < 300; i++) {
                            suspicions += condition.becomesSuspect(ClientAddress.parse("::1"), false) ? 1 : 0;
                        }
                        return suspicions;
                    }));
                }
                int all = 0;
                for (Future<Integer> each : said) {
                    all += each.get();
                }
                assertThat(all).isEqualTo(1);
                assertThat(condition.isOpen()).isFalse();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
