package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.springframework.boot.SpringApplicationAotProcessor;
import org.springframework.context.aot.AbstractAotProcessor;

/** {@link AotShop} as a build tool processes and compiles it, to be started in JVMs of its own. */
final class AotBuild {

    /** What is frozen at build time anyway, and not by us; a refresh scope cannot be processed. */
    private static final List<String> EVERYWHERE = List.of(
            "--server.port=0",
            "--spring.main.banner-mode=off",
            "--spring.cloud.refresh.enabled=false",
            "--management.endpoints.web.exposure.include=headgate");

    private final Path sources;
    private final Path resources;
    private final Path classes;

    private AotBuild(Path directory) {
        sources = directory.resolve("sources");
        resources = directory.resolve("resources");
        classes = directory.resolve("classes");
    }

    /** Processes the application with properties that are there when it is built. */
    static AotBuild process(Path directory, String... properties) {
        AotBuild build = new AotBuild(directory);
        AbstractAotProcessor.Settings settings = AbstractAotProcessor.Settings.builder()
                .sourceOutput(build.sources)
                .resourceOutput(build.resources)
                .classOutput(build.classes)
                .groupId("io.headgate")
                .artifactId("shop")
                .build();
        new SpringApplicationAotProcessor(AotShop.class, settings, arguments(properties)).process();
        return build;
    }

    private static String[] arguments(String... properties) {
        return Stream.concat(EVERYWHERE.stream(), Arrays.stream(properties).map(property -> "--" + property))
                .toArray(String[]::new);
    }

    /** Compiles what was generated. */
    AotBuild compile() throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
                Stream<Path> all = Files.walk(sources)) {
            List<Path> java =
                    all.filter(file -> file.toString().endsWith(".java")).toList();
            List<String> options =
                    List.of("-proc:none", "-nowarn", "-d", classes.toString(), "-cp", classPath(classes, resources));
            assertThat(compiler.getTask(messages, files, null, options, null, files.getJavaFileObjectsFromPaths(java))
                            .call())
                    .as(messages.toString())
                    .isTrue();
        }
        return this;
    }

    private static String classPath(Path... before) {
        List<String> all = new ArrayList<>();
        Arrays.stream(before).map(Path::toString).forEach(all::add);
        all.add(System.getProperty("java.class.path"));
        return String.join(File.pathSeparator, all);
    }

    /** All that was generated, by its place. Comments have the identity of beans without a name, which is another each time. */
    Map<String, String> generated() throws IOException {
        Map<String, String> texts = new TreeMap<>();
        for (Path root : List.of(sources, resources)) {
            try (Stream<Path> all = Files.walk(root)) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    texts.put(
                            root.getFileName() + "/" + root.relativize(file),
                            Files.readString(file).replaceAll("\\(inner bean\\)#[0-9a-f]+", ""));
                }
            }
        }
        return texts;
    }

    /** Starts it with properties that are there when it runs, and waits until it is open or has ended. */
    Running start(String... properties) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dspring.aot.enabled=true",
                "-cp",
                classPath(classes, resources),
                AotShop.class.getName()));
        command.addAll(List.of(arguments(properties)));
        return new Running(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** A JVM. It ends when its input does, so also if this one does. */
    static final class Running implements AutoCloseable {

        private final Process process;
        private final String output;
        private int port;

        private Running(Process process) throws IOException {
            this.process = process;
            StringBuilder lines = new StringBuilder();
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.append(line).append('\n');
                if (line.startsWith(AotShop.OPEN)) {
                    port = Integer.parseInt(line.substring(AotShop.OPEN.length()));
                    break;
                }
            }
            output = lines.toString();
        }

        /** What it wrote until it was open, or until its end. */
        String output() {
            return output;
        }

        /** The statuses of requests of one client. */
        List<Integer> statuses(String path, int times) throws IOException {
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                statuses.add(get(path).status());
            }
            return statuses;
        }

        Reply get(String path) throws IOException {
            assertThat(port).as(output).isPositive();
            return Site.send(port, "127.0.0.2", "GET", path);
        }

        @Override
        public void close() throws IOException {
            process.getOutputStream().close();
            process.getInputStream().transferTo(OutputStream.nullOutputStream());
            process.onExit().join();
        }
    }
}
