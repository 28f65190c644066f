/** Limits HTTP requests by client address or any key, whatever server they come to. */
module io.headgate.http {
    requires transitive io.headgate;
    requires static org.jspecify;

    exports io.headgate.http;
}
