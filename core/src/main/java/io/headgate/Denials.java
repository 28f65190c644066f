package io.headgate;

import io.headgate.internal.StackProbe;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Tells a listener which keys the limiter denies. Costs nothing while no key is denied. */
final class Denials<K> {

    /**
     * Bytes of stack: more than it takes to change a thread's locals, which a stack overflow would leave inconsistent.
     */
    private static final int STACK = 2048;

    private final Consumer<? super K> listener;
    private final UnaryOperator<K> tracked;
    /**
     * Set while this thread is in the listener. Denials of the listener's own calls are not told, since it would call
     * itself for ever.
     */
    private final ThreadLocal<Boolean> telling = new ThreadLocal<>();

    Denials(Consumer<? super K> listener, UnaryOperator<K> tracked) {
        this.listener = listener;
        this.tracked = tracked;
    }

    void tell(K key) {
        StackProbe.require(STACK);
        if (telling.get() != null) {
            return;
        }
        telling.set(true);
        try {
            listener.accept(tracked.apply(key));
        } finally {
            telling.remove();
        }
    }
}
