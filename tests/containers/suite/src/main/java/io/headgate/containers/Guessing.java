package io.headgate.containers;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A login page that answers every guess with one status, and clients that hang up on it. */
final class Guessing {

    /** More than the sockets of both sides hold. */
    private static final byte[] LARGE = new byte[8 << 20];

    /** How the page is written. */
    enum Page {
        SMALL,
        KILOBYTE,
        LARGE,
        FLUSHED,
        FLUSHED_LARGE,
        FLUSHED_THEN_FAILS;

        boolean isFlushed() {
            return this == FLUSHED || this == FLUSHED_LARGE || this == FLUSHED_THEN_FAILS;
        }

        boolean isLarge() {
            return this == LARGE || this == FLUSHED_LARGE;
        }

        boolean fails() {
            return this == FLUSHED_THEN_FAILS;
        }
    }

    /** When the client hangs up. */
    enum Stage {
        NEVER,
        HALF_CLOSED,
        BEFORE_THE_ANSWER,
        AFTER_THE_STATUS,
        WITHIN_THE_BODY;

        boolean resets() {
            return this != NEVER && this != HALF_CLOSED;
        }

        /** Whether the page is still being written then. */
        boolean isReachedBy(Page page) {
            return switch (this) {
                case NEVER, HALF_CLOSED, BEFORE_THE_ANSWER -> true;
                case AFTER_THE_STATUS -> page.isFlushed() || page.isLarge();
                case WITHIN_THE_BODY -> page.isLarge();
            };
        }
    }

    /** Who writes the page. */
    enum Way {
        SYNCHRONOUS,
        /** A thread of the container's, which completes whatever happens. */
        STARTED,
        /** A thread of the container's, which throws what happens. */
        STARTED_AND_DIES,
        /** A thread of the application's, which dies of what happens; then the request times out. */
        OWN_AND_DIES,
        DISPATCHED
    }

    /** One request, as both sides see it. */
    private record Guess(
            String client,
            Page page,
            Stage stage,
            CountDownLatch reached,
            CountDownLatch hungUp,
            CountDownLatch ended) {

        Guess(String client, Page page, Stage stage) {
            this(client, page, stage, new CountDownLatch(1), new CountDownLatch(1), new CountDownLatch(1));
        }

        void await(CountDownLatch latch) {
            try {
                if (!latch.await(60, TimeUnit.SECONDS)) {
                    throw new AssertionError("nothing came within a minute: " + this);
                }
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        void end() {
            reached.countDown();
            ended.countDown();
        }
    }

    private final int status;
    private final Way way;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<String, Guess> guesses = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> checks = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();

    Guessing(int status, Way way) {
        this.status = status;
        this.way = way;
    }

    App app(Filter limits) {
        return new App()
                .filter(
                        "watch",
                        (request, response, chain) -> watch((HttpServletRequest) request, response, chain),
                        Map.of(),
                        EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC),
                        "/*")
                .filter("limits", limits, "/*")
                .servlet("/login", this::login);
    }

    /** How many guesses of a client were looked at. */
    int checks(String client) {
        return checks.getOrDefault(client, new AtomicInteger()).get();
    }

    /** How many of its guesses a client saw answered with a status. */
    int answers(String client, int seen) {
        return answers.getOrDefault(client + " " + seen, new AtomicInteger()).get();
    }

    private static void count(Map<String, AtomicInteger> counts, String key) {
        counts.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
    }

    /** One guess; returns when the request has ended on the server, even if a thread still writes to it. */
    void guess(Site site, String client, Page page, Stage stage) throws Exception {
        String id = Integer.toString(ids.incrementAndGet());
        Guess guess = new Guess(client, page, stage);
        guesses.put(id, guess);
        try (Socket socket = site.connect(client)) {
            socket.getOutputStream()
                    .write(("GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nGuess: " + id + "\r\n\r\n")
                            .getBytes(StandardCharsets.ISO_8859_1));
            switch (stage) {
                case NEVER -> readAll(socket, client);
                case HALF_CLOSED -> {
                    socket.shutdownOutput();
                    readAll(socket, client);
                }
                case BEFORE_THE_ANSWER -> guess.await(guess.reached);
                case AFTER_THE_STATUS -> readStatus(socket, client);
                case WITHIN_THE_BODY -> {
                    readStatus(socket, client);
                    socket.getInputStream().readNBytes(20_000);
                }
            }
            if (stage.resets()) {
                socket.setSoLinger(true, 0);
            }
        }
        // On loopback, the server's socket has got the reset by now.
        guess.hungUp.countDown();
        if ((stage.resets() || guess.page.fails()) && way != Way.SYNCHRONOUS) {
            // Now and then Tomcat never tells the end, when a thread was writing at the time of a reset or died.
            guess.ended.await(3, TimeUnit.SECONDS);
        } else {
            guess.await(guess.ended);
        }
    }

    private void readAll(Socket socket, String client) throws IOException {
        readStatus(socket, client);
        try {
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException cutOff) {
            // The page failed.
        }
    }

    private void readStatus(Socket socket, String client) throws IOException {
        count(answers, client + " " + Site.readStatus(socket));
    }

    /** Around the limits: tells when they are done with a request. */
    private void watch(HttpServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        Guess guess = guess(request);
        boolean returned = false;
        try {
            chain.doFilter(request, response);
            returned = true;
        } finally {
            if (!returned || !isContinued(request, guess)) {
                guess.end();
            }
        }
    }

    private static boolean isContinued(HttpServletRequest request, Guess guess) {
        if (!request.isAsyncStarted()) {
            return request.getDispatcherType() == DispatcherType.ASYNC;
        }
        request.getAsyncContext().addListener(new AsyncListener() {
            @Override
            public void onComplete(AsyncEvent event) {
                guess.end();
            }

            @Override
            public void onTimeout(AsyncEvent event) {}

            @Override
            public void onError(AsyncEvent event) {}

            @Override
            public void onStartAsync(AsyncEvent event) {}
        });
        return true;
    }

    private void login(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Guess guess = guess(request);
        if (way == Way.SYNCHRONOUS || request.getDispatcherType() == DispatcherType.ASYNC) {
            check(guess, response);
            return;
        }
        answerLater(guess, request);
    }

    private void answerLater(Guess guess, HttpServletRequest request) {
        AsyncContext async = request.startAsync();
        // Short where nobody is left to complete the request; long where a slow client reads a large page.
        boolean dies = way == Way.OWN_AND_DIES || way == Way.STARTED_AND_DIES;
        async.setTimeout(dies && (guess.page.fails() || guess.stage.resets()) ? 200 : 60_000);
        switch (way) {
            case STARTED ->
                async.start(() -> {
                    try {
                        check(guess, (HttpServletResponse) async.getResponse());
                    } catch (IOException | IllegalStateException hungUpOrOnPurpose) {
                        // Completed all the same.
                    } finally {
                        complete(async);
                    }
                });
            case STARTED_AND_DIES -> async.start(() -> checkAndComplete(guess, async));
            case OWN_AND_DIES ->
                new Thread(() -> {
                            try {
                                checkAndComplete(guess, async);
                            } catch (RuntimeException e) {
                                // The thread ends, and nobody completes the request.
                            }
                        })
                        .start();
            case DISPATCHED -> new Thread(async::dispatch).start();
            case SYNCHRONOUS -> throw new AssertionError();
        }
    }

    private void checkAndComplete(Guess guess, AsyncContext async) {
        try {
            check(guess, (HttpServletResponse) async.getResponse());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        complete(async);
    }

    private static void complete(AsyncContext async) {
        try {
            async.complete();
        } catch (IllegalStateException e) {
            // The container was first.
        }
    }

    /** Looks at the password, and writes that it is wrong, or right. */
    private void check(Guess guess, HttpServletResponse response) throws IOException {
        count(checks, guess.client);
        guess.reached.countDown();
        if (guess.stage == Stage.BEFORE_THE_ANSWER) {
            guess.await(guess.hungUp);
        }
        response.setStatus(status);
        ServletOutputStream out = response.getOutputStream();
        if (guess.page.isFlushed()) {
            response.flushBuffer();
            if (guess.stage == Stage.AFTER_THE_STATUS) {
                guess.await(guess.hungUp);
            }
        }
        switch (guess.page) {
            case SMALL -> out.write(LARGE, 0, 100);
            case KILOBYTE -> out.write(LARGE, 0, 1024);
            case LARGE, FLUSHED_LARGE -> out.write(LARGE);
            case FLUSHED -> {
                // The first packet after a reset may find a socket that does not know of it yet.
                for (int i = 0; i < 3; i++) {
                    out.write(LARGE, 0, 1024);
                    out.flush();
                }
            }
            case FLUSHED_THEN_FAILS -> throw new IllegalStateException("on purpose");
        }
    }

    private Guess guess(HttpServletRequest request) {
        Guess guess = guesses.get(request.getHeader("Guess"));
        if (guess == null) {
            throw new IllegalStateException("a request without a guess");
        }
        return guess;
    }
}
