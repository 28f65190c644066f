package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.http.NoAddress;
import io.headgate.http.OnFailure;
import io.headgate.http.RequestLimiter;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How a request is answered that does not reach the application. */
class RefusalWriterTest {

    private static final String BODY = "{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
            + "\"title\":\"Quota Exceeded\",\"status\":429,\"violated-policies\":[\"1-per-60s\"]}";

    private static RateLimitFilter.Builder filter() {
        return RateLimitFilter.builder(Limiter.forAddresses(Limit.parse("1/minute"))
                .ticker(new FakeTicker())
                .sweepInterval(Duration.ZERO)
                .build());
    }

    private static FakeResponse refuse(RateLimitFilter filter, FakeResponse response)
            throws ServletException, IOException {
        filter.doFilter(FakeRequest.any(), FakeResponse.fresh(), (q, r) -> {});
        filter.doFilter(FakeRequest.any(), response, (q, r) -> {
            throw new AssertionError("it was refused");
        });
        return response;
    }

    @Test
    void itIsAProblemThatIsNotStored() throws Exception {
        FakeResponse response = refuse(filter().build(), FakeResponse.fresh());
        assertThat(response.status).isEqualTo(429);
        assertThat(response.body()).isEqualTo(BODY);
        assertThat(response.lines)
                .containsExactly(
                        "RateLimit-Policy: \"1-per-60s\";q=1;w=60",
                        "RateLimit: \"1-per-60s\";r=0;t=60",
                        "Retry-After: 60",
                        "Cache-Control: no-store",
                        "Content-Type: application/problem+json",
                        "Content-Length: " + BODY.length());
    }

    @Test
    void whatWasBufferedIsNoPartOfIt() throws Exception {
        FakeResponse response = FakeResponse.fresh();
        response.getWriter().write("half a page");
        assertThat(refuse(filter().build(), response).body()).isEqualTo(BODY);
    }

    @Test
    void aWriterThatIsTakenIsUsed() throws Exception {
        FakeResponse response = FakeResponse.fresh();
        response.writerIsTaken = true;
        refuse(filter().build(), response);
        assertThat(response.body()).isEqualTo(BODY);
        assertThat(response.field("Content-Length")).isEqualTo(String.valueOf(BODY.length()));
        assertThat(response.field("Content-Type")).isEqualTo("application/problem+json");
    }

    @Test
    void whoHasNoAddressIsPromisedNothing() throws Exception {
        RateLimitFilter filter = filter().noAddress(NoAddress.DENY).build();
        FakeResponse response = FakeResponse.fresh();
        filter.doFilter(FakeRequest.from("unix"), response, (q, r) -> {});
        assertThat(response.status).isEqualTo(429);
        assertThat(response.body()).doesNotContain("violated-policies").endsWith("\"status\":429}");
        assertThat(response.lines).startsWith("Cache-Control: no-store").hasSize(3);
    }

    @Test
    void anAnswerThatWasGivenIsLeftAlone() throws Exception {
        FakeResponse response = FakeResponse.fresh();
        response.committed = true;
        response.status = 200;
        refuse(filter().build(), response);
        assertThat(response.status).isEqualTo(200);
        assertThat(response.lines).isEmpty();
        assertThat(response.body()).isEmpty();
    }

    @Test
    void aFunctionMayAnswerInItsPlace() throws Exception {
        RateLimitFilter filter = filter().onDenied((request, response, decision) -> {
                    assertThat(response.getStatus()).isEqualTo(429);
                    assertThat(response.getHeader("Retry-After")).isEqualTo("60");
                    assertThat(response.getHeader("Cache-Control")).isEqualTo("no-store");
                    assertThat(decision.allowed()).isFalse();
                    response.setStatus(420);
                    response.getWriter().write("slow down, " + request.getMethod());
                })
                .build();
        FakeResponse response = refuse(filter, FakeResponse.fresh());
        assertThat(response.status).isEqualTo(420);
        assertThat(response.body()).isEqualTo("slow down, GET");
    }

    @Test
    void aFunctionThatFailsIsReplacedByTheUsualAnswer() throws Exception {
        RateLimitFilter filter = filter().onDenied((request, response, decision) -> {
                    response.setStatus(420);
                    response.getWriter().write("half an ans");
                    throw new IllegalStateException("on purpose");
                })
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            FakeResponse response = refuse(filter, FakeResponse.fresh());
            assertThat(response.status).isEqualTo(429);
            assertThat(response.body()).isEqualTo(BODY);
            assertThat(response.getHeader("Retry-After")).isEqualTo("60");
            assertThat(quiet.failures()).hasSize(1);
        }
        assertThat(filter.stats().failed()).isEqualTo(1);
        assertThat(filter.stats().denied()).isEqualTo(1);
    }

    @Test
    void aFunctionThatFailsTooLateHasAnswered() throws Exception {
        FakeResponse response = FakeResponse.fresh();
        RateLimitFilter filter = filter().onDenied((request, http, decision) -> {
                    http.getWriter().write("slow down");
                    response.committed = true;
                    throw new IllegalStateException("on purpose");
                })
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            assertThat(refuse(filter, response).body()).isEqualTo("slow down");
            assertThat(quiet.failures()).hasSize(1);
        }
    }

    @Test
    void aFunctionThatCannotReadWhatItNeedsIsReplaced() throws Exception {
        RateLimitFilter filter = filter().onDenied((request, response, decision) -> {
                    response.setHeader("Retry-After", "0");
                    throw new IOException("no such template");
                })
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            FakeResponse response = refuse(filter, FakeResponse.fresh());
            assertThat(response.status).isEqualTo(429);
            assertThat(response.body()).isEqualTo(BODY);
            assertThat(quiet.failures()).hasSize(1);
        }
    }

    @Test
    void aClientThatIsGoneIsNoFailureOfOurs() {
        FakeResponse response = FakeResponse.fresh();
        RateLimitFilter filter = filter().onDenied((request, http, decision) -> {
                    response.committed = true;
                    throw new IOException("broken pipe");
                })
                .build();
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> refuse(filter, response));
        assertThat(filter.stats().failed()).isZero();
    }

    @Test
    void aFunctionMayHandOverToTheUsualAnswer() throws Exception {
        RateLimitFilter filter = filter().onDenied(DeniedResponse.problem()).build();
        FakeResponse response = refuse(filter, FakeResponse.fresh());
        assertThat(response.body()).isEqualTo(BODY);
        assertThat(response.lines)
                .contains("Content-Type: application/problem+json", "Content-Length: " + BODY.length());
    }

    @Test
    void aFailureIsAnsweredWithoutTheFunction() throws Exception {
        RateLimitFilter filter = filter().onDenied((request, response, decision) -> {
                    throw new AssertionError("nothing was decided");
                })
                .cost(request -> -1)
                .onFailure(OnFailure.DENY)
                .build();
        try (LogRecords quiet = new LogRecords(RequestLimiter.class)) {
            FakeResponse response = FakeResponse.fresh();
            filter.doFilter(FakeRequest.any(), response, (q, r) -> {});
            assertThat(response.status).isEqualTo(503);
            assertThat(response.body())
                    .isEqualTo("{\"type\":\"about:blank\",\"title\":\"Service Unavailable\",\"status\":503}");
            assertThat(response.lines).startsWith("Cache-Control: no-store").hasSize(3);
            assertThat(quiet.failures()).hasSize(1);
        }
    }
}
