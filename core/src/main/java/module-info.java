/** Limits how often each key may do something: one token bucket per key, in memory that a stranger cannot make grow. */
module io.headgate {
    requires static org.jspecify;
    requires static micrometer.core;
    requires static com.github.benmanes.caffeine;

    exports io.headgate;
    exports io.headgate.map;
    exports io.headgate.metrics;
    exports io.headgate.net;
}
