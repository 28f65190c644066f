package io.headgate.proxies;

import io.headgate.containers.Container;
import io.headgate.containers.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The proxy of a fixture, or the chain of them, as processes of our own in front of a server. */
final class RunningProxy implements AutoCloseable {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final Path folder;
    private final List<Process> processes = new ArrayList<>();
    private final Map<String, String> words;

    /**
     * Starts the programs of a fixture.
     *
     * @param back the port of the server
     */
    RunningProxy(Fixture fixture, int back) throws IOException {
        // Not for this user alone: a program may give its rights up.
        folder = Files.createTempDirectory(
                "headgate-proxy", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        words = Map.of(
                "@dir@", folder.toString(),
                "@front@", String.valueOf(freePort()),
                "@middle@", String.valueOf(freePort()),
                "@back@", String.valueOf(back));
        try {
            for (Map.Entry<String, List<String>> file : fixture.files().entrySet()) {
                Path path = folder.resolve(file.getKey());
                Files.createDirectories(path.resolve("..").normalize());
                Files.writeString(path, filled(String.join("\n", file.getValue())) + "\n");
            }
            List<String> commands = fixture.head().getOrDefault("run", List.of());
            for (int i = 0; i < commands.size(); i++) {
                processes.add(new ProcessBuilder(filled(commands.get(i)).split(" ", -1))
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("output-" + i).toFile())
                        .start());
            }
            awaitPort(port());
            if (fixture.files().values().stream().flatMap(List::stream).anyMatch(line -> line.contains("@middle@"))) {
                awaitPort(Integer.parseInt(filled("@middle@")));
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private int port() {
        return Integer.parseInt(filled("@front@"));
    }

    /** What clients of the proxy see. */
    Site site() {
        return new Site(new Container.Server() {
            @Override
            public int port() {
                return RunningProxy.this.port();
            }

            @Override
            public void stop() {}
        });
    }

    private String filled(String text) {
        String filled = text;
        for (Map.Entry<String, String> word : words.entrySet()) {
            filled = filled.replace(word.getKey(), word.getValue());
        }
        return filled;
    }

    /** With the words of the fixture in place of the ports that they are this time. */
    String worded(String text) {
        String worded = text;
        for (String word : List.of("@front@", "@middle@", "@back@")) {
            worded = worded.replace(":" + filled(word), ":" + word);
        }
        return worded;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Returns once somebody listens there. */
    private void awaitPort(int port) throws IOException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(LOOPBACK, port));
                return;
            } catch (IOException e) {
                for (Process process : processes) {
                    if (!process.isAlive() || System.nanoTime() > giveUp) {
                        throw new IOException("it does not serve: " + process.info() + "\n" + output(), e);
                    }
                }
                Thread.onSpinWait();
            }
        }
    }

    private String output() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < processes.size(); i++) {
            all.append(Files.readString(folder.resolve("output-" + i)));
        }
        return all.toString();
    }

    @Override
    public void close() throws IOException {
        for (Process process : processes) {
            List<ProcessHandle> children = process.descendants().toList();
            process.destroy();
            process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
            children.forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
