package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every example in the Javadoc of the packages that users meet first compiles, and every entry point has one. */
class JavadocExamplesTest {

    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\n(.*?)\n[ *]*}</pre>", Pattern.DOTALL);

    /** What examples use and do not declare. */
    private static final String FRAME = """
            import io.headgate.*;
            import io.headgate.metrics.*;
            import io.headgate.net.*;
            import io.micrometer.core.instrument.MeterRegistry;
            import java.util.concurrent.atomic.LongAdder;

            abstract class TITLE {
                interface Response { void setHeader(String name, String value); }
                Limiter<String> limiter;
                String account;
                Response response;
                LongAdder denied;
                MeterRegistry registry;
                void run() {
            BODY
                }
            }
            """;

    @TempDir
    private Path classes;

    @Test
    void compile() throws IOException {
        Set<String> shown = new TreeSet<>();
        List<JavaFileObject> sources = new ArrayList<>();
        for (String folder : List.of("io/headgate", "io/headgate/metrics")) {
            try (Stream<Path> files = Files.list(Path.of("src", "main", "java").resolve(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Matcher example = EXAMPLE.matcher(Files.readString(file));
                    while (example.find()) {
                        String name = file.getFileName().toString().replace(".java", "");
                        shown.add(name);
                        String body = example.group(1).replaceAll("(?m)^ *\\* ?", "");
                        String title = name + "Example" + sources.size();
                        sources.add(source(title, FRAME.replace("TITLE", title).replace("BODY", body)));
                    }
                }
            }
        }
        assertThat(errors(sources)).isEmpty();
        assertThat(shown)
                .containsExactly(
                        "Decision",
                        "HeavyHitters",
                        "Limit",
                        "Limiter",
                        "LimiterBuilder",
                        "LimiterMetrics",
                        "LimiterRegistry",
                        "LimiterStats",
                        "LocalLimiter",
                        "Overflow");
    }

    private static JavaFileObject source(String title, String source) {
        return new SimpleJavaFileObject(URI.create("string:///" + title + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
    }

    private List<String> errors(List<JavaFileObject> sources) {
        DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
        List<String> options =
                List.of("-proc:none", "-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
        ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, found, options, null, sources)
                .call();
        List<String> errors = new ArrayList<>();
        for (Diagnostic<?> diagnostic : found.getDiagnostics()) {
            if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
                errors.add(diagnostic.toString());
            }
        }
        return errors;
    }
}
