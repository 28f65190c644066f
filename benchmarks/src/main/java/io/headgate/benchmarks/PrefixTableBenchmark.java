package io.headgate.benchmarks;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.net.PrefixTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The plan of an address, by the table and by asking every range. Half of the ranges are IPv4, a tenth is nested. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class PrefixTableBenchmark {

    private static final int ADDRESSES = 1 << 14;

    @Param({"10", "1000", "50000"})
    public int ranges;

    @Param({"hit", "miss"})
    public String outcome;

    @Param({"IPv4", "IPv6"})
    public String kind;

    private final Random random = new Random(1);
    private final Map<AddressRange, String> plans = new LinkedHashMap<>();
    private List<AddressRange> all = List.of();
    private PrefixTable<String> table = PrefixTable.<String>builder().build();
    private ClientAddress[] addresses = {};
    private int next;

    @Setup
    public void fill() {
        List<AddressRange> ofKind = new ArrayList<>();
        while (plans.size() < ranges) {
            boolean ipv4 = plans.size() % 2 == 0;
            ClientAddress address = ipv4 ? ipv4() : ipv6();
            if (random.nextInt(10) == 0 && !ofKind.isEmpty() && ipv4 == kind.equals("IPv4")) {
                address = ofKind.get(random.nextInt(ofKind.size())).first();
            }
            AddressRange range =
                    AddressRange.parse(address + "/" + (ipv4 ? 18 + random.nextInt(15) : 29 + random.nextInt(36)));
            plans.put(range, "plan" + plans.size() % 5);
            if (ipv4 == kind.equals("IPv4")) {
                ofKind.add(range);
            }
        }
        PrefixTable.Builder<String> builder = PrefixTable.builder();
        plans.forEach(builder::put);
        table = builder.build();
        all = List.copyOf(plans.keySet());
        addresses = new ClientAddress[ADDRESSES];
        for (int i = 0; i < ADDRESSES; i++) {
            addresses[i] = outcome.equals("hit")
                    ? within(ofKind.get(random.nextInt(ofKind.size())))
                    : outside(kind.equals("IPv4") ? this::ipv4 : this::ipv6);
        }
    }

    private ClientAddress ipv4() {
        return ClientAddress.ofBits(0, 0xFFFF_0000_0000L | (random.nextInt() & 0xFFFF_FFFFL));
    }

    /** In 2000::/3, as all addresses that are in use. */
    private ClientAddress ipv6() {
        return ClientAddress.ofBits(0x2000_0000_0000_0000L | random.nextLong() >>> 3, random.nextLong());
    }

    /** A copy, as a request has: addresses that lie in memory beside each other. */
    private static ClientAddress within(AddressRange range) {
        return ClientAddress.ofBits(range.first().highBits(), range.first().lowBits());
    }

    private ClientAddress outside(Supplier<ClientAddress> addresses) {
        ClientAddress address = addresses.get();
        while (table.get(address) != null) {
            address = addresses.get();
        }
        return address;
    }

    @Benchmark
    public @Nullable String table() {
        return table.get(addresses[next++ & (ADDRESSES - 1)]);
    }

    @Benchmark
    public @Nullable String oneByOne() {
        ClientAddress address = addresses[next++ & (ADDRESSES - 1)];
        AddressRange longest = null;
        for (AddressRange range : all) {
            if (range.contains(address) && (longest == null || range.prefixLength() > longest.prefixLength())) {
                longest = range;
            }
        }
        return longest == null ? null : plans.get(longest);
    }
}
