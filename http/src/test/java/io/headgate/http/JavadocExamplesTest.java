package io.headgate.http;

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
        JavadocExamples examples = JavadocExamples.read("""
                import io.headgate.*;
                import io.headgate.http.*;
                import io.headgate.net.*;
                import java.nio.file.Path;
                import java.util.*;
                """, """
                    Limiter<ClientAddress> limiter;
                    RequestLimiter limits;
                    HttpRequest request;
                    HttpResponse response;
                    Verdict verdict;
                    abstract void answer(Refusal refusal);
                    abstract void send(int status, String contentType, byte[] body);
                    abstract void handle(HttpRequest request, HttpResponse response);
                    abstract void handle(HttpRequest request, HttpResponse response, Settlement settlement);
                """, "io.headgate.http");
        assertThat(examples.errors(classes)).isEmpty();
        // What users are given, and the values of options.
        assertThat(examples.typesWithout())
                .containsExactly(
                        "ClientDenied",
                        "Explanation.Asked",
                        "Explanation.Met",
                        "InvalidOptionException",
                        "LimiterUse",
                        "NoAddress",
                        "OnFailure",
                        "Refusal",
                        "Stage",
                        "Warning");
    }
}
