package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.LocalLimiter;
import io.headgate.containers.Guessing.Page;
import io.headgate.containers.Guessing.Stage;
import io.headgate.containers.Guessing.Way;
import io.headgate.http.ChargeOn;
import io.headgate.net.ClientAddress;
import io.headgate.servlet.RateLimitFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failed logins stay charged, whatever the client does to the connection and however the page ends. */
interface ResetContract extends OnContainer {

    int ALLOWED = 3;
    int GUESSES = 6;

    /** A client of its own for each way of writing a page and each stage at which it hangs up. */
    record Client(String address, Page page, Stage stage) {

        static List<Client> all() {
            List<Client> clients = new ArrayList<>();
            for (Page page : Page.values()) {
                for (Stage stage : Stage.values()) {
                    if (stage.isReachedBy(page)) {
                        clients.add(new Client("127.0.1." + (clients.size() + 1), page, stage));
                    }
                }
            }
            return clients;
        }

        long taken(LocalLimiter<ClientAddress> limiter) {
            return ALLOWED - limiter.peek(ClientAddress.parse(address), 1).remaining();
        }

        @Override
        public String toString() {
            return page + " " + stage;
        }
    }

    private static RateLimitFilter filter(LocalLimiter<ClientAddress> limiter) {
        return RateLimitFilter.builder(limiter).chargeOn(ChargeOn.statuses(401)).build();
    }

    @ParameterizedTest
    @EnumSource
    default void aFailedLoginStaysChargedAtEveryStage(Way way) throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter(ALLOWED + "/hour");
        RateLimitFilter filter = filter(limiter);
        Guessing guessing = new Guessing(401, way);
        List<Client> clients = Client.all();
        try (Site site = open(guessing.app(filter))) {
            guess(guessing, site, clients);
        }
        for (Client client : clients) {
            assertThat(guessing.checks(client.address)).as("checks, %s", client).isEqualTo(ALLOWED);
            assertThat(guessing.answers(client.address, 401))
                    .as("answers, %s", client)
                    .isLessThanOrEqualTo(ALLOWED);
            assertThat(client.taken(limiter)).as("permits, %s", client).isEqualTo(ALLOWED);
        }
        assertThat(filter.stats().refunded()).isZero();
        assertThat(filter.stats().failed()).isZero();
    }

    private static void guess(Guessing guessing, Site site, List<Client> clients) throws Exception {
        each(clients, client -> {
            for (int i = 0; i < GUESSES; i++) {
                guessing.guess(site, client.address, client.page, client.stage);
            }
        });
    }

    /** Whoever reads the whole answer gets the permit back; who resets gets it back once at most. */
    @ParameterizedTest
    @EnumSource
    default void aSuccessIsRefundedOnce(Way way) throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter(ALLOWED + "/hour");
        RateLimitFilter filter = filter(limiter);
        Guessing guessing = new Guessing(200, way);
        List<Client> clients = Client.all();
        try (Site site = open(guessing.app(filter))) {
            guess(guessing, site, clients);
        }
        long taken = 0;
        for (Client client : clients) {
            if (!client.stage.resets() && !client.page.fails()) {
                assertThat(guessing.answers(client.address, 200))
                        .as("answers, %s", client)
                        .isEqualTo(GUESSES);
                assertThat(client.taken(limiter)).as("permits, %s", client).isZero();
            }
            taken += client.taken(limiter);
        }
        // Had one been given back twice, the bucket would be full earlier, or this sum be off.
        assertThat(filter.stats().allowed() - filter.stats().refunded()).isEqualTo(taken);
        assertThat(filter.stats().failed()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    default void guessesAtOnceAreNoMoreThanThePermits(Way way) throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter(ALLOWED + "/hour");
        RateLimitFilter filter = filter(limiter);
        Guessing guessing = new Guessing(401, way);
        List<Client> kinds = Client.all();
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            clients.add(kinds.get(i % kinds.size()));
        }
        CountDownLatch ready = new CountDownLatch(clients.size());
        try (Site site = open(guessing.app(filter))) {
            each(clients, client -> {
                ready.countDown();
                ready.await();
                guessing.guess(site, "127.0.0.1", client.page, client.stage);
            });
        }
        assertThat(guessing.checks("127.0.0.1")).isEqualTo(ALLOWED);
        assertThat(OnContainer.taken(limiter, ALLOWED)).isEqualTo(ALLOWED);
        assertThat(filter.stats().refunded()).isZero();
    }

    /** What README and docs/http.md show: a page that fails after its 401 has been sent. */
    @Test
    default void aPageThatFailsAfterItsAnswerStaysCharged() throws Exception {
        LocalLimiter<ClientAddress> limiter = OnContainer.limiter("5/hour");
        RateLimitFilter filter = filter(limiter);
        App app = new App().filter("limits", filter, "/*").servlet("/login", (request, response) -> {
            response.setStatus(401);
            response.flushBuffer();
            throw new IllegalStateException("on purpose");
        });
        int answered = 0;
        try (Site site = open(app)) {
            for (int i = 0; i < 12; i++) {
                // Some containers cut the page off, so only its status is looked at.
                answered += site.status("/login") == 401 ? 1 : 0;
            }
        }
        assertThat(answered).isEqualTo(5);
        assertThat(filter.stats().refunded()).isZero();
    }

    /** What one client does. */
    @FunctionalInterface
    interface Task {
        void run(Client client) throws Exception;
    }

    private static void each(List<Client> clients, Task task) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(20);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (Client client : clients) {
                running.add(threads.submit(() -> {
                    task.run(client);
                    return null;
                }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
