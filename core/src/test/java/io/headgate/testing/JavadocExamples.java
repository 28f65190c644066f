package io.headgate.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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

/**
 * The examples in the Javadoc of a module: preformatted code, in the form of this library. Each is compiled as the body of a
 * method, in a class that declares what examples use and do not declare. Not thread-safe.
 */
public final class JavadocExamples {

    private static final Pattern JAVADOC = Pattern.compile("/\\*\\*.*?\\*/", Pattern.DOTALL);
    private static final Pattern EXAMPLE = Pattern.compile("<pre>\\{@code\n(.*?)\n[ *]*}</pre>", Pattern.DOTALL);
    private static final String TYPE = "(?:class|interface|enum|record) +(\\w+)";
    private static final Pattern DECLARED = Pattern.compile("^[^{;]*?\\b" + TYPE);
    private static final Pattern PUBLIC =
            Pattern.compile("^ *public (?:(?:static|final|abstract|sealed) )*" + TYPE, Pattern.MULTILINE);

    private static final String FRAME = """
            IMPORTS

            abstract class TITLE {
            MEMBERS
                void run() throws Exception {
            BODY
                }
            }
            """;

    private final String imports;
    private final String members;
    private final Set<String> types = new TreeSet<>();
    private final Set<String> shown = new TreeSet<>();
    private final List<JavaFileObject> sources = new ArrayList<>();

    private JavadocExamples(String imports, String members) {
        this.imports = imports;
        this.members = members;
    }

    /**
     * Reads the examples of some packages, from the sources of the module whose tests run.
     *
     * @param imports what the examples import
     * @param members the fields and methods that they use and do not declare
     * @param packages whose types have the examples, such as {@code io.headgate}; subpackages are left out
     * @return the examples
     * @throws IOException if a file cannot be read
     */
    public static JavadocExamples read(String imports, String members, String... packages) throws IOException {
        JavadocExamples examples = new JavadocExamples(imports, members);
        for (String name : packages) {
            Path folder = Path.of("src", "main", "java").resolve(name.replace('.', '/'));
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    examples.add(
                            Objects.requireNonNull(file.getFileName())
                                    .toString()
                                    .replace(".java", ""),
                            Files.readString(file));
                }
            }
        }
        return examples;
    }

    private void add(String outer, String text) {
        Matcher type = PUBLIC.matcher(text);
        while (type.find()) {
            types.add(title(outer, type.group(1)));
        }
        Matcher javadoc = JAVADOC.matcher(text);
        while (javadoc.find()) {
            Matcher declared = DECLARED.matcher(text.substring(javadoc.end()));
            Matcher example = EXAMPLE.matcher(javadoc.group());
            while (example.find()) {
                // An example of a method counts for no type.
                if (declared.find(0)) {
                    shown.add(title(outer, declared.group(1)));
                }
                String title = outer + "Example" + sources.size();
                sources.add(source(title, example.group(1).replaceAll("(?m)^ *\\* ?", "")));
            }
        }
    }

    private static String title(String outer, String type) {
        return type.equals(outer) ? type : outer + "." + type;
    }

    private JavaFileObject source(String title, String body) {
        String source = FRAME.replace("IMPORTS", imports)
                .replace("TITLE", title)
                .replace("MEMBERS", members)
                .replace("BODY", body);
        return new SimpleJavaFileObject(URI.create("string:///" + title + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
    }

    /**
     * The public types that have no example.
     *
     * @return their names, nested ones as {@code Outer.Nested}
     */
    public Set<String> typesWithout() {
        Set<String> without = new TreeSet<>(types);
        without.removeAll(shown);
        return without;
    }

    /**
     * Compiles all examples, against the class path of this process.
     *
     * @param classes an empty directory, for what the compiler makes of them
     * @return what the compiler found wrong
     */
    public List<String> errors(Path classes) {
        if (sources.isEmpty()) {
            return List.of("there are no examples");
        }
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
