package io.headgate.servlet;

import io.headgate.http.Drain;
import io.headgate.http.RequestLimiter;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a refused client is still sending before it is answered, so that it gets to read the answer. Never with a thread that
 * waits. Thread-safe.
 */
final class UploadDrain {

    /** As many uploads are read at once, at most: each holds a connection. The answer to others does not wait. */
    static final int MOST = 1024;

    /** What is read is for nobody: all uploads are written over each other. */
    private static final byte[] ANYWHERE = new byte[1 << 16];

    /** Writes the answer. */
    @FunctionalInterface
    interface Answer {
        void write() throws IOException;
    }

    private final Drain bounds;
    private final RequestLimiter limits;
    private final AtomicInteger underWay = new AtomicInteger();

    UploadDrain(RequestLimiter limits) {
        this.bounds = limits.drain();
        this.limits = limits;
    }

    /** Answers, now or later. */
    void answer(HttpServletRequest request, HttpServletResponse response, Answer answer) throws IOException {
        ServletInputStream body = bounds.bytes() == 0 || response.isCommitted() ? null : body(request);
        AsyncContext context = body == null ? null : start(request, response);
        if (body == null || context == null) {
            answer.write();
        } else {
            new Upload(body, context, request, response, answer).begin();
        }
    }

    /**
     * What the client sends without waiting to be asked for it; null if there is no such thing, or somebody else may read it. HTTP/2 has
     * bodies that no field announces.
     */
    private static @Nullable ServletInputStream body(HttpServletRequest request) throws IOException {
        long length = request.getContentLengthLong();
        boolean announced = length > 0 || request.getHeader("Transfer-Encoding") != null;
        if (request.getDispatcherType() != DispatcherType.REQUEST
                || request.isAsyncStarted()
                || request.getHeader("Expect") != null
                || (!announced && (length == 0 || isFirstVersion(request)))) {
            return null;
        }
        try {
            ServletInputStream body = request.getInputStream();
            return body.isFinished() ? null : body;
        } catch (IllegalStateException somebodyHasAReader) {
            return null;
        }
    }

    private @Nullable AsyncContext start(HttpServletRequest request, HttpServletResponse response) {
        if (!request.isAsyncSupported()) {
            limits.cannotDrain();
            return null;
        }
        try {
            return request.startAsync(request, response);
        } catch (IllegalStateException notNow) {
            return null;
        }
    }

    private static boolean isFirstVersion(HttpServletRequest request) {
        return request.getProtocol().startsWith("HTTP/1");
    }

    /** An upload under way. It ends once: when all is read, or too much, or the time is up, or the client has gone. */
    final class Upload implements ReadListener, AsyncListener {

        private final ServletInputStream body;
        private final HttpServletResponse response;
        private final Answer answer;
        private final AsyncContext context;
        private final boolean isLastOfConnection;
        private final boolean isShortEnough;
        private final AtomicBoolean ended = new AtomicBoolean();
        /** Bytes so far. Containers tell of data by one thread at a time. */
        private long read;

        Upload(
                ServletInputStream body,
                AsyncContext context,
                HttpServletRequest request,
                HttpServletResponse response,
                Answer answer) {
            this.body = body;
            this.context = context;
            this.response = response;
            this.answer = answer;
            this.isLastOfConnection = isFirstVersion(request);
            this.isShortEnough = request.getContentLengthLong() <= bounds.bytes();
        }

        void begin() {
            boolean roomForIt = underWay.incrementAndGet() <= MOST;
            context.setTimeout(bounds.time().toMillis());
            context.addListener(this);
            try {
                // Also where nothing is read: with a listener, Tomcat does not wait for the rest of the body.
                body.setReadListener(this);
                if (!roomForIt || !isShortEnough) {
                    end(false);
                }
            } catch (IllegalStateException somebodyElseListens) {
                end(false);
            }
        }

        @Override
        public void onDataAvailable() throws IOException {
            while (!ended.get() && body.isReady()) {
                int count = body.read(ANYWHERE);
                if (count < 0) {
                    return;
                }
                read += count;
                if (read > bounds.bytes()) {
                    endElsewhere(false);
                    return;
                }
            }
        }

        @Override
        public void onAllDataRead() {
            endElsewhere(true);
        }

        @Override
        public void onError(Throwable failure) {
            endElsewhere(false);
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            end(false);
        }

        @Override
        public void onError(AsyncEvent event) {
            end(false);
        }

        @Override
        public void onStartAsync(AsyncEvent event) {}

        /** By somebody else, if it has not ended by then: the response is not ours to write to any more. */
        @Override
        public void onComplete(AsyncEvent event) {
            endsNow();
        }

        /** On a thread that may wait for the client to read: a container may tell of data on one that may not. */
        private void endElsewhere(boolean whole) {
            try {
                context.start(() -> end(whole));
            } catch (IllegalStateException completedMeanwhile) {
                end(whole);
            }
        }

        /** Whether it ends by this call: then its place is free. */
        private boolean endsNow() {
            boolean ends = !ended.getAndSet(true);
            if (ends) {
                underWay.decrementAndGet();
            }
            return ends;
        }

        private void end(boolean whole) {
            if (!endsNow()) {
                return;
            }
            try {
                if (!whole && isLastOfConnection) {
                    response.setHeader("Connection", "close");
                }
                answer.write();
            } catch (IOException clientIsGone) {
                // Nobody is left to be told.
            } catch (Throwable failure) {
                limits.report(failure);
            } finally {
                complete();
            }
        }

        private void complete() {
            try {
                context.complete();
            } catch (IllegalStateException completedMeanwhile) {
                // As it should be.
            }
        }
    }
}
