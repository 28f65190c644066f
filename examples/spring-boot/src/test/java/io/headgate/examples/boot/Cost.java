package io.headgate.examples.boot;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Measures what the starter adds to the start of this application and to a request. Its command is in the docs. */
public final class Cost {

    private static final int STARTS = 30;
    private static final int ROUNDS = 60;
    private static final int REQUESTS = 500;

    private Cost() {}

    private static ConfigurableApplicationContext shop(boolean enabled) {
        return SpringApplication.run(
                Shop.class,
                "--headgate.enabled=" + enabled,
                "--headgate.limits=1000000/second",
                "--server.port=0",
                "--server.tomcat.max-keep-alive-requests=-1",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn");
    }

    private static double startMillis(boolean enabled) {
        // Of this thread, which does nearly all of it: wall time says more about the rest of the machine.
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        ConfigurableApplicationContext shop = shop(enabled);
        double millis = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start) / 1e6;
        shop.close();
        return millis;
    }

    /** One connection that is kept alive, and its requests one after the other. */
    private static final class Client implements AutoCloseable {

        private static final byte[] REQUEST =
                "GET /articles/pear/price HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);

        private final Socket socket;
        private final byte[] buffer = new byte[8192];

        Client(ConfigurableApplicationContext shop) throws IOException {
            socket = new Socket(
                    InetAddress.getLoopbackAddress(),
                    shop.getEnvironment().getRequiredProperty("local.server.port", Integer.class));
            socket.setTcpNoDelay(true);
        }

        double microsPerRequest() throws IOException {
            InputStream in = socket.getInputStream();
            long start = System.nanoTime();
            for (int i = 0; i < REQUESTS; i++) {
                socket.getOutputStream().write(REQUEST);
                int length = 0;
                do {
                    int read = in.read(buffer, length, buffer.length - length);
                    if (read < 0) {
                        throw new IOException("the connection ended");
                    }
                    length += read;
                } while (!isWhole(length));
                if (buffer[9] != '2') {
                    throw new IOException("not answered with success");
                }
            }
            return (System.nanoTime() - start) / 1e3 / REQUESTS;
        }

        /** The answer is 55, in one chunk or of a known length. */
        private boolean isWhole(int length) {
            String text = new String(buffer, 0, length, StandardCharsets.ISO_8859_1);
            return text.endsWith("\r\n\r\n55") || text.endsWith("\r\n0\r\n\r\n");
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /**
     * Prints the medians.
     *
     * @param arguments none
     */
    public static void main(String[] arguments) throws IOException {
        double[][] starts = new double[2][STARTS];
        for (int i = -10; i < STARTS; i++) {
            for (int enabled = 0; enabled < 2; enabled++) {
                double millis = startMillis(enabled == 1);
                if (i >= 0) {
                    starts[enabled][i] = millis;
                }
            }
        }
        print("start, ms", starts);
        double[][] requests = new double[2][ROUNDS];
        try (ConfigurableApplicationContext without = shop(false);
                ConfigurableApplicationContext with = shop(true);
                Client first = new Client(without);
                Client second = new Client(with)) {
            for (int i = -60; i < ROUNDS; i++) {
                double off = first.microsPerRequest();
                double on = second.microsPerRequest();
                if (i >= 0) {
                    requests[0][i] = off;
                    requests[1][i] = on;
                }
            }
        }
        print("request, µs", requests);
    }

    private static void print(String what, double[][] series) {
        double[] difference = new double[series[0].length];
        for (int i = 0; i < difference.length; i++) {
            difference[i] = series[1][i] - series[0][i];
        }
        System.out.printf(
                Locale.ROOT,
                "%-12s without %8.2f   with %8.2f   median of the differences %6.2f%n",
                what,
                median(series[0]),
                median(series[1]),
                median(difference));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
