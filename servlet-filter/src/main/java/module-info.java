/** Limits servlet requests by client address. */
module io.headgate.servlet {
    requires transitive io.headgate.http;
    requires transitive jakarta.servlet;
    requires static org.jspecify;

    exports io.headgate.servlet;
}
