package io.headgate.servlet;

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
    void everyPublicTypeHasAnExampleAndItCompiles() throws IOException {
        JavadocExamples examples = JavadocExamples.read("""
                import io.headgate.*;
                import io.headgate.http.*;
                import io.headgate.net.*;
                import io.headgate.servlet.*;
                import jakarta.servlet.*;
                import java.util.*;
                """, """
                    ServletContext servletContext;
                    Limiter<ClientAddress> limiter;
                """, "io.headgate.servlet");
        assertThat(examples.errors(classes)).isEmpty();
        assertThat(examples.typesWithout()).isEmpty();
    }
}
