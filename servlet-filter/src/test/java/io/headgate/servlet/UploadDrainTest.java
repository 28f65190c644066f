package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;
import static org.mockito.Mockito.withSettings;

import io.headgate.Limit;
import io.headgate.http.Drain;
import io.headgate.http.RequestLimiter;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What no container does at a test's command: any event at any time, many at once. The rest is in the containers' suite. */
class UploadDrainTest {

    private final RequestLimiter limits = RequestLimiter.builder()
            .limits(Limit.parse("1/minute"))
            .ticker(new FakeTicker())
            .drain(new Drain(1000, Duration.ofSeconds(5)))
            .build();
    private final UploadDrain drain = new UploadDrain(limits);

    /** A request with a body that has not come yet. */
    private static final class Client {
        final HttpServletRequest request =
                mock(HttpServletRequest.class, withSettings().stubOnly());
        final HttpServletResponse response = mock(HttpServletResponse.class);
        final AsyncContext context = mock(AsyncContext.class);
        final ServletInputStream body = mock(ServletInputStream.class);
        final AtomicInteger answers = new AtomicInteger();
        private ReadListener listener = mock(ReadListener.class);

        Client() throws IOException {
            when(request.getDispatcherType()).thenReturn(DispatcherType.REQUEST);
            when(request.getContentLengthLong()).thenReturn(10L);
            when(request.getProtocol()).thenReturn("HTTP/1.1");
            when(request.isAsyncSupported()).thenReturn(true);
            when(request.startAsync(any(), any())).thenReturn(context);
            when(request.getInputStream()).thenReturn(body);
            doAnswer(call -> {
                        listener = call.getArgument(0);
                        return null;
                    })
                    .when(body)
                    .setReadListener(any());
            doAnswer(call -> {
                        call.<Runnable>getArgument(0).run();
                        return null;
                    })
                    .when(context)
                    .start(any());
        }

        Client comesTo(UploadDrain drain) throws IOException {
            drain.answer(request, response, answers::incrementAndGet);
            return this;
        }

        UploadDrain.Upload upload() {
            return (UploadDrain.Upload) listener;
        }
    }

    private static final List<Consumer<UploadDrain.Upload>> ENDS = List.of(
            UploadDrain.Upload::onAllDataRead,
            upload -> upload.onError(new IOException("gone")),
            upload -> upload.onTimeout(mock(AsyncEvent.class)),
            upload -> upload.onError(mock(AsyncEvent.class)));

    @Test
    void whateverEndsAnUploadFirstAnswersItOnce() throws Exception {
        for (Consumer<UploadDrain.Upload> first : ENDS) {
            for (Consumer<UploadDrain.Upload> second : ENDS) {
                Client client = new Client().comesTo(drain);
                assertThat(client.answers).hasValue(0);
                first.accept(client.upload());
                second.accept(client.upload());
                client.upload().onComplete(mock(AsyncEvent.class));
                assertThat(client.answers).hasValue(1);
                verify(client.context, times(1)).complete();
            }
        }
    }

    /** A container that has ended the request by itself may have given its response to another one. */
    @Test
    void whatIsCompletedByOthersIsNotAnswered() throws Exception {
        for (Consumer<UploadDrain.Upload> later : ENDS) {
            Client client = new Client().comesTo(drain);
            client.upload().onComplete(mock(AsyncEvent.class));
            later.accept(client.upload());
            assertThat(client.answers).hasValue(0);
            verify(client.context, never()).complete();
        }
        moreThanTheMostAreAnsweredAtOnce();
    }

    /** Two threads that spin, so that they meet within a few instructions. */
    @Test
    void alsoIfTwoEndItAtOnce() throws Exception {
        int rounds = 20_000;
        Client client = new Client();
        AtomicReference<UploadDrain.@Nullable Upload> race = new AtomicReference<>();
        Thread other = new Thread(() -> {
            AsyncEvent timeout = mock(AsyncEvent.class);
            for (int round = 0; round < rounds; round++) {
                UploadDrain.Upload upload;
                while ((upload = race.get()) == null) {
                    Thread.onSpinWait();
                }
                upload.onTimeout(timeout);
                race.set(null);
            }
        });
        other.start();
        for (int round = 0; round < rounds; round++) {
            UploadDrain.Upload upload = client.comesTo(drain).upload();
            race.set(upload);
            upload.onAllDataRead();
            while (race.get() != null) {
                Thread.onSpinWait();
            }
        }
        other.join();
        assertThat(client.answers).hasValue(rounds);
    }

    /** However the others ended, their places are free again, and no more than that. */
    @Test
    void moreThanTheMostAreAnsweredAtOnce() throws Exception {
        List<Client> clients = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < UploadDrain.MOST; i++) {
                clients.add(new Client().comesTo(drain));
            }
            assertThat(clients).allMatch(client -> client.answers.get() == 0);
            for (int i = 0; i < 3; i++) {
                Client late = new Client().comesTo(drain);
                assertThat(late.answers).hasValue(1);
                verify(late.response).setHeader("Connection", "close");
                verify(late.context).complete();
                late.upload().onComplete(mock(AsyncEvent.class));
            }
            for (int i = 0; i < clients.size(); i++) {
                ENDS.get(i % ENDS.size()).accept(clients.get(i).upload());
            }
            clients.clear();
        }
    }

    @Test
    void anAnswerThatFailsLeavesNothingBehind() throws Exception {
        for (Throwable failure : List.of(new IOException("gone"), new IllegalStateException("broken"), new Error())) {
            long failed = limits.stats().failed();
            Client client = new Client();
            drain.answer(client.request, client.response, () -> {
                if (failure instanceof IOException e) {
                    throw e;
                } else if (failure instanceof Error e) {
                    throw e;
                }
                throw (RuntimeException) failure;
            });
            client.upload().onAllDataRead();
            verify(client.context).complete();
            assertThat(limits.stats().failed() - failed).isEqualTo(failure instanceof IOException ? 0 : 1);
        }
        moreThanTheMostAreAnsweredAtOnce();
    }

    /** In whatever state the container says that it is. */
    @Test
    void aContainerThatRefusesIsNoHarm() throws Exception {
        Client taken = new Client();
        doThrow(new IllegalStateException("another listener")).when(taken.body).setReadListener(any());
        taken.comesTo(drain);
        assertThat(taken.answers).hasValue(1);
        verify(taken.context).complete();

        Client ended = new Client().comesTo(drain);
        doThrow(new IllegalStateException("completed")).when(ended.context).start(any());
        doThrow(new IllegalStateException("completed")).when(ended.context).complete();
        ended.upload().onAllDataRead();
        assertThat(ended.answers).hasValue(1);

        Client refused = new Client();
        when(refused.request.startAsync(any(), any())).thenThrow(new IllegalStateException("not now"));
        refused.comesTo(drain);
        assertThat(refused.answers).hasValue(1);
        verify(refused.body, never()).setReadListener(any());
        moreThanTheMostAreAnsweredAtOnce();
    }
}
