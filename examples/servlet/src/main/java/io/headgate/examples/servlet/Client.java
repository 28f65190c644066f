package io.headgate.examples.servlet;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * Somebody who calls the server at a steady rate, over one connection from an address of its own. What holds one call up
 * delays those after it: nobody catches up by calling faster.
 */
record Client(String name, String address, int perSecond, boolean forwarded, int port, Duration time)
        implements Callable<Client.Report> {

    /** What became of the calls. */
    record Report(Client client, long sent, long ok, long tooMany, String rateLimit, String retryAfter) {}

    /** Whether this system has more loopback addresses than one. */
    static boolean canCallFrom(String address) {
        try (Socket socket = new Socket()) {
            socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public Report call() throws IOException {
        long sent = 0;
        long ok = 0;
        long tooMany = 0;
        String rateLimit = "-";
        String retryAfter = "-";
        try (Socket socket = new Socket()) {
            if (!forwarded) {
                socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
            }
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            OutputStream out = socket.getOutputStream();
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            byte[] request = ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            + (forwarded ? "X-Forwarded-For: " + address + "\r\n" : "") + "\r\n")
                    .getBytes(StandardCharsets.ISO_8859_1);
            long between = 1_000_000_000L / perSecond;
            long calls = time.toNanos() / between;
            for (long due = System.nanoTime(); sent < calls; sent++) {
                for (long early = due - System.nanoTime(); early > 0; early = due - System.nanoTime()) {
                    LockSupport.parkNanos(early);
                }
                due = Math.max(due, System.nanoTime() - between) + between;
                out.write(request);
                String status = in.readLine();
                if (status == null) {
                    throw new IOException("the server hung up");
                }
                ok += status.startsWith("HTTP/1.1 200") ? 1 : 0;
                tooMany += status.startsWith("HTTP/1.1 429") ? 1 : 0;
                int length = 0;
                for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                    String value = line.substring(line.indexOf(':') + 1).trim();
                    switch (line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT)) {
                        case "content-length" -> length = Integer.parseInt(value);
                        case "ratelimit" -> rateLimit = value;
                        case "retry-after" -> retryAfter = value + " s";
                        default -> {}
                    }
                }
                if (in.skip(length) < length) {
                    throw new IOException("the body is short");
                }
            }
        }
        return new Report(this, sent, ok, tooMany, rateLimit, retryAfter);
    }
}
