package io.headgate.benchmarks;

import io.headgate.net.ClientAddress;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From text to address, over a thousand random ones of each kind. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ParseBenchmark {

    private static final int TEXTS = 1024;

    private final String[] ipv4 = new String[TEXTS];
    private final String[] ipv6 = new String[TEXTS];
    private int next;

    @Setup
    public void write() {
        for (int i = 0; i < TEXTS; i++) {
            ipv4[i] = Keys.text(2 * i);
            ipv6[i] = ClientAddress.ofBits(0x2001_0DB8_0000_0000L | Keys.scatter(i), Keys.scatter(i) * 0x9E37_79B9L)
                    .toString();
        }
    }

    @Benchmark
    public ClientAddress ipv4() {
        return ClientAddress.tryParse(ipv4[next++ & (TEXTS - 1)]);
    }

    @Benchmark
    public ClientAddress ipv6() {
        return ClientAddress.tryParse(ipv6[next++ & (TEXTS - 1)]);
    }
}
