package io.headgate.benchmarks;

import io.headgate.Limit;
import io.headgate.Limiter;
import io.headgate.LocalLimiter;
import io.headgate.net.ClientAddress;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.filters.RateLimitFilter;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Requests to an embedded Tomcat over a kept connection: one without a filter and one with, ours or Tomcat's own, in
 * turn, so that whatever else the machine does meets both alike.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class FilterBenchmark {

    private static final Logger TOMCAT = Logger.getLogger("org.apache");
    private static final byte[] PLAIN = request("/plain");
    private static final byte[] LIMITED = request("/limited");

    @Param({"none", "headgate", "headgate-no-headers", "tomcat"})
    public String filter;

    private final Tomcat tomcat = new Tomcat();
    private LocalLimiter<ClientAddress> limiter;
    private Socket socket;
    private InputStream in;
    private OutputStream out;
    private final byte[] buffer = new byte[4096];

    @Setup
    public void start() throws Exception {
        TOMCAT.setLevel(java.util.logging.Level.WARNING);
        limiter = Limiter.forAddresses(Limit.parse("1000000/s")).build();
        tomcat.setBaseDir("target/tomcat");
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        tomcat.getConnector().setProperty("maxKeepAliveRequests", "-1");
        Context context = tomcat.addContext("", null);
        Tomcat.addServlet(context, "hello", new Hello()).addMapping("/");
        if (!filter.equals("none")) {
            FilterDef definition = new FilterDef();
            definition.setFilterName("limits");
            definition.setFilter(filter());
            definition.setAsyncSupported("true");
            context.addFilterDef(definition);
            FilterMap mapping = new FilterMap();
            mapping.setFilterName("limits");
            mapping.addURLPattern("/limited");
            context.addFilterMap(mapping);
        }
        tomcat.start();
        socket = new Socket(
                InetAddress.getLoopbackAddress(), tomcat.getConnector().getLocalPort());
        socket.setTcpNoDelay(true);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    private Filter filter() {
        if (filter.equals("tomcat")) {
            RateLimitFilter theirs = new RateLimitFilter();
            theirs.setBucketDuration(1);
            theirs.setBucketRequests(1_000_000);
            return theirs;
        }
        return io.headgate.servlet.RateLimitFilter.builder(limiter)
                .headers(
                        filter.equals("headgate")
                                ? io.headgate.http.HeaderStyle.DRAFT
                                : io.headgate.http.HeaderStyle.NONE)
                .build();
    }

    @TearDown
    public void stop() throws Exception {
        socket.close();
        limiter.close();
        tomcat.stop();
        tomcat.destroy();
    }

    /** What the two kinds of requests took. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Times {
        public long plain;
        public long limited;

        @Setup(Level.Iteration)
        public void begin() {
            plain = 0;
            limited = 0;
        }
    }

    @Benchmark
    @OperationsPerInvocation(4)
    public void requests(Times times) throws IOException {
        long start = System.nanoTime();
        send(PLAIN);
        long first = System.nanoTime();
        send(LIMITED);
        send(LIMITED);
        long third = System.nanoTime();
        send(PLAIN);
        times.plain += first - start + System.nanoTime() - third;
        times.limited += third - first;
    }

    /** The answer is one packet that ends with the body. */
    private void send(byte[] request) throws IOException {
        out.write(request);
        int read = 0;
        do {
            int more = in.read(buffer, read, buffer.length - read);
            if (more < 0) {
                throw new IOException("the server hung up");
            }
            read += more;
        } while (buffer[read - 1] != '.');
        if (buffer[9] != '2') {
            throw new IOException("not 200");
        }
    }

    private static byte[] request(String path) {
        return ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    }

    private static final class Hello extends HttpServlet {

        private static final long serialVersionUID = 1;

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            byte[] body = {'h', 'e', 'l', 'l', 'o', '.'};
            response.setContentLength(body.length);
            response.getOutputStream().write(body);
        }
    }
}
