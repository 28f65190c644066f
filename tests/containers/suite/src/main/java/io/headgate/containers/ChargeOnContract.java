package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limiter;
import io.headgate.http.ChargeOn;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import io.headgate.testing.OwnLimiter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The response decides whether a request is charged, be it finished now or later. */
interface ChargeOnContract extends OnContainer {

    /** A limiter that notes refunds. */
    final class Noting extends OwnLimiter<ClientAddress> {

        private final List<Long> refunds = new CopyOnWriteArrayList<>();

        Noting(Limiter<ClientAddress> limiter) {
            super(limiter);
        }

        @Override
        public Decision decide(ClientAddress key, long permits) {
            Decision decision = super.decide(key, permits);
            return decision.allowed() ? noting(decision, permits) : decision;
        }

        private Decision noting(Decision decision, long permits) {
            return Decision.allowed(decision.overflow(), decision.limits(), permits, back -> {
                decision.refund(back);
                refunds.add(back);
            });
        }
    }

    /**
     * Serves one request and stops the server, so that whatever comes after the response has come.
     *
     * @return the statuses that were judged; then the refunds
     */
    private List<Long> judge(int status, App.Handler handler, App more) throws Exception {
        Noting limiter = new Noting(OnContainer.limiter("10/minute"));
        List<Long> judged = new CopyOnWriteArrayList<>();
        ChargeOn chargeOn = (response, actual) -> {
            judged.add((long) actual);
            return actual == status;
        };
        RateLimitFilter filter = RateLimitFilter.builder(limiter)
                .cost(request -> 3)
                .chargeOn(chargeOn)
                .build();
        more.filter("limits", filter, Map.of(), EnumSet.allOf(DispatcherType.class), "/*")
                .servlet("/judged", handler);
        try (Site site = open(more)) {
            site.get("/judged");
        }
        judged.addAll(limiter.refunds);
        assertThat(OnContainer.taken(limiter, 10)).isEqualTo(limiter.refunds.isEmpty() ? 3 : 0);
        assertThat(filter.stats().refunded()).isEqualTo(limiter.refunds.size());
        return judged;
    }

    private void assertCharged(int status, App.Handler handler) throws Exception {
        assertThat(judge(status, handler, new App())).containsExactly((long) status);
        assertThat(judge(599, handler, new App())).containsExactly((long) status, 3L);
    }

    /** Something done on another thread with a request that has been taken over. */
    @FunctionalInterface
    interface Later {
        void run(AsyncContext async, HttpServletResponse response) throws IOException;
    }

    private static App.Handler later(Later later) {
        return (request, response) -> {
            AsyncContext async = request.startAsync();
            async.start(() -> {
                try {
                    later.run(async, response);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        };
    }

    @Test
    default void statusesAreJudgedWhenTheChainReturns() throws Exception {
        assertCharged(401, (request, response) -> response.setStatus(401));
        assertCharged(200, (request, response) -> App.write(response, "hello"));
    }

    @Test
    default void sendErrorCountsWithItsCodeWhateverTheErrorPageDoes() throws Exception {
        App.Handler handler = (request, response) -> response.sendError(401);
        assertThat(judge(401, handler, withErrorPage())).containsExactly(401L);
        assertThat(judge(200, handler, withErrorPage())).containsExactly(401L, 3L);
    }

    private static App withErrorPage() {
        return new App().errorPage(401, "/oops").servlet("/oops", (request, response) -> response.setStatus(200));
    }

    @Test
    default void anExceptionStaysChargedUnjudged() throws Exception {
        App.Handler handler = (request, response) -> {
            throw new IllegalStateException("on purpose");
        };
        assertThat(judge(599, handler, new App())).isEmpty();
    }

    @Test
    default void aResponseFinishedOnAnotherThreadIsJudgedOnce() throws Exception {
        assertCharged(401, later((async, response) -> {
            response.setStatus(401);
            async.complete();
        }));
    }

    @Test
    default void aResponseFinishedBeforeTheServletReturnsIsJudgedOnce() throws Exception {
        assertCharged(401, (request, response) -> {
            AsyncContext async = request.startAsync();
            response.setStatus(401);
            async.complete();
        });
    }

    @Test
    default void anAsynchronousDispatchIsJudgedAtItsEnd() throws Exception {
        assertCharged(403, (request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ASYNC) {
                response.setStatus(403);
            } else {
                response.setStatus(202);
                request.startAsync().dispatch();
            }
        });
    }

    @Test
    default void sendErrorInAnAsynchronousDispatchIsJudgedOnce() throws Exception {
        assertCharged(401, (request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ASYNC) {
                response.sendError(401);
            } else {
                request.startAsync().dispatch();
            }
        });
    }

    @Test
    default void aSecondStartIsWaitedForToo() throws Exception {
        assertCharged(403, (request, response) -> {
            if (request.getDispatcherType() == DispatcherType.ASYNC) {
                later((async, second) -> {
                            second.setStatus(403);
                            async.complete();
                        })
                        .handle(request, response);
            } else {
                response.setStatus(202);
                request.startAsync().dispatch();
            }
        });
    }

    @Test
    default void aTimeoutIsJudgedByWhatBecomesOfIt() throws Exception {
        assertCharged(408, (request, response) -> {
            AsyncContext async = request.startAsync();
            async.setTimeout(20);
            async.addListener(new AsyncListener() {
                @Override
                public void onTimeout(AsyncEvent event) {
                    response.setStatus(408);
                    async.complete();
                }

                @Override
                public void onComplete(AsyncEvent event) {}

                @Override
                public void onError(AsyncEvent event) {}

                @Override
                public void onStartAsync(AsyncEvent event) {}
            });
        });
    }

    /** The status is the container's then, and on Tomcat may stand in place of one that the client has read. */
    @Test
    default void aTimeoutThatNobodyAnswersStaysChargedUnjudged() throws Exception {
        App.Handler handler = (request, response) -> request.startAsync().setTimeout(20);
        assertThat(judge(599, handler, new App())).isEmpty();
    }
}
