package io.headgate.servlet;

import static org.mockito.Mockito.CALLS_REAL_METHODS;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

/** Makes objects of classes that implement only some of an interface: calls of the rest of it throw. */
final class Partial {

    private Partial() {}

    static <T> T of(Class<T> type) {
        return mock(type, withSettings().useConstructor().stubOnly().defaultAnswer(CALLS_REAL_METHODS));
    }
}
