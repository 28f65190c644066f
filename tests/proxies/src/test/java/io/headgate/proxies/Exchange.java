package io.headgate.proxies;

import java.util.List;

/**
 * One request through a proxy.
 *
 * @param title what is special about it
 * @param client the address that the client connected from
 * @param sent the header lines that it sent
 * @param peer the address that the server behind the proxy saw as the other end; empty where the request never got there
 * @param received the header lines that the server got
 * @param found the client that we must find, for each of the fixture's {@link Setting}s
 */
record Exchange(
        String title, String client, List<String> sent, String peer, List<String> received, List<String> found) {

    /** Whether a server got the request: a proxy may refuse a Host that is none. */
    boolean arrived() {
        return !peer.isEmpty();
    }

    /** Whether its Host is none, so that a proxy of another version may refuse it. */
    boolean hasStrangeHost() {
        return title.contains("Host");
    }

    /** What the client sends; with another number, another address is forged. */
    String request(int number) {
        return "GET / HTTP/1.1\r\n" + String.join("\r\n", sent).replace("6.6.6.6", "6.6.6." + number)
                + "\r\nConnection: close\r\n\r\n";
    }
}
