package io.headgate.containers;

import java.util.Set;

/** A servlet container that the suite runs on, and in what it differs from the others. */
public interface Container {

    /**
     * Starts an application at the root of a server on a free port of all local addresses.
     *
     * @param app the application
     * @return the server
     * @throws Exception if the server, a filter or a servlet does not start
     */
    Server start(App app) throws Exception;

    /** The spellings of {@code /login} that reach the servlet at {@code /login}, of {@link RuleContract#SPELLINGS}. */
    Set<String> spellingsOfLogin();

    /** Whether header fields survive an exception of the application. */
    default boolean keepsHeadersAfterException() {
        return true;
    }

    /** A started server. */
    interface Server {
        int port();

        /** Stops it after the requests that are under way. */
        void stop() throws Exception;
    }
}
