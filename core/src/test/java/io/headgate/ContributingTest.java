package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** CONTRIBUTING tells in which file a behaviour is and which test shows it: what it names is there. */
class ContributingTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern ROW = Pattern.compile("\\| [^|]+ \\| ([^|]+) \\| ([^|]+) \\| [^|]+ \\|");
    private static final Pattern TYPE = Pattern.compile("`(?:map/|net/|metrics/)?([A-Z]\\w+)`");

    @Test
    void everyFileAndTestThatTheTableNamesExists() throws IOException {
        Set<String> files = sources();
        List<String> named = Files.readAllLines(ROOT.resolve("CONTRIBUTING.md")).stream()
                .flatMap(line -> ROW.matcher(line).results())
                .flatMap(row -> Stream.of(row.group(1), row.group(2)))
                .flatMap(cell -> TYPE.matcher(cell).results())
                .map((MatchResult type) -> type.group(1) + ".java")
                .toList();
        assertThat(named).hasSizeGreaterThan(80);
        assertThat(files).containsAll(named);
    }

    private static Set<String> sources() throws IOException {
        Set<String> names = new HashSet<>();
        Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                String name = directory.getFileName().toString();
                return name.equals("target") || name.startsWith(".git")
                        ? FileVisitResult.SKIP_SUBTREE
                        : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                names.add(file.getFileName().toString());
                return FileVisitResult.CONTINUE;
            }
        });
        return names;
    }
}
