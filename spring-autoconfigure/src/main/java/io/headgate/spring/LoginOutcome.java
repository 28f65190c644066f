package io.headgate.spring;

import io.headgate.http.HttpRequest;
import jakarta.servlet.ServletRequest;
import org.jspecify.annotations.Nullable;

/**
 * What was seen of logins in one request. It is kept in an attribute of the request, and known to the thread that handles a dispatch
 * of it: whoever checks passwords has no request at hand. Not an attribute of the application's, which would decide for rules that ask
 * for no login too. Thread-safe.
 */
final class LoginOutcome {

    private static final String ATTRIBUTE = LoginOutcome.class.getName();

    /** That of the request whose dispatch the thread is in. */
    private static final ThreadLocal<LoginOutcome> CURRENT = new ThreadLocal<>();

    private volatile boolean failed;
    private volatile boolean passed;

    /** Takes notice of a login that failed, if the thread handles a request. */
    static void failed() {
        LoginOutcome current = CURRENT.get();
        if (current != null) {
            current.failed = true;
        }
    }

    /** Takes notice of a login that did not fail, if the thread handles a request. */
    static void passed() {
        LoginOutcome current = CURRENT.get();
        if (current != null) {
            current.passed = true;
        }
    }

    /** That of a request, which has one from now on. */
    static LoginOutcome of(ServletRequest request) {
        if (request.getAttribute(ATTRIBUTE) instanceof LoginOutcome known) {
            return known;
        }
        LoginOutcome outcome = new LoginOutcome();
        request.setAttribute(ATTRIBUTE, outcome);
        return outcome;
    }

    /** Binds it to the thread, or nothing if it is null: answers what was bound before. */
    static @Nullable LoginOutcome bind(@Nullable LoginOutcome outcome) {
        LoginOutcome before = CURRENT.get();
        if (outcome == null) {
            CURRENT.remove();
        } else {
            CURRENT.set(outcome);
        }
        return before;
    }

    /** Whether a login failed in a request: null if none was seen. */
    static @Nullable Boolean hasFailed(HttpRequest request) {
        return request.attribute(ATTRIBUTE) instanceof LoginOutcome outcome ? outcome.hasFailed() : null;
    }

    /** Whether a login failed, whatever passed beside it: null if none was seen. */
    @Nullable
    Boolean hasFailed() {
        return failed ? Boolean.TRUE : passed ? Boolean.FALSE : null;
    }
}
