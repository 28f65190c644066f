package io.headgate;

import io.headgate.internal.QuotedText;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Limiters by name, which outlive a change of configuration. Code that reads a configuration asks for its limiters
 * here, each time anew:
 *
 * <pre>{@code
 * LimiterRegistry registry = new LimiterRegistry();
 * Limiter<String> limiter =
 *         registry.obtain(String.class, Limiter.builder(Limit.perMinute(5)).name("login"));
 *
 * // The configuration is read again, and says the same: this is the same limiter, with what everybody has taken.
 * Limiter<String> again =
 *         registry.obtain(String.class, Limiter.builder(Limit.perMinute(5)).name("login"));
 *
 * // After a call to support:
 * registry.get("login", String.class).ifPresent(login -> login.reset("ann"));
 *
 * registry.close();
 * }</pre>
 *
 * <p>A limiter whose limits or settings have changed is made anew, without what was taken from the former one. The
 * former one is closed, and still decides for code that holds it. Two callers that ask for one name with the same
 * settings get the same limiter, even if they know nothing of each other. {@link #remove} a limiter that is no longer
 * wanted.
 *
 * <p>The registry closes the limiters that it made, and never those that were {@linkplain #register registered}. The
 * limiters in memory that it makes share one daemon thread for their sweeps, which runs while there is something to
 * sweep.
 *
 * <p>Thread-safe. {@link #get} and {@link #limiters} take no lock. All other methods take the registry's, and
 * {@code obtain} makes limiters under it: two threads that ask for one name get one limiter, and none is made in vain.
 */
public final class LimiterRegistry implements AutoCloseable {

    /**
     * A limiter and what is known of it.
     *
     * @param settings the settings that it was made with; null if it was registered
     */
    private record Entry(
            Class<?> keyType, Limiter<?> limiter, @Nullable Object settings) {

        boolean isMadeHere() {
            return settings != null;
        }
    }

    /**
     * In the order in which names were first used. Immutable; replaced with this object's monitor held, read by any
     * thread.
     */
    private volatile Map<String, Entry> entries = Map.of();

    /**
     * The limiters of {@link #entries}, as users see them. Immutable; replaced with the monitor held, read by any
     * thread.
     */
    private volatile Map<String, Limiter<?>> limiters = Map.of();

    /** Made when first needed. Guarded by the monitor. */
    private @Nullable ScheduledExecutorService sweeper;

    /** Guarded by the monitor. */
    private boolean closed;

    /** An empty registry, which has no thread yet. */
    public LimiterRegistry() {}

    /**
     * The limiter of a name.
     *
     * @param name the name
     * @return the limiter; empty if there is none
     */
    public Optional<Limiter<?>> get(String name) {
        return Optional.ofNullable(limiters.get(Objects.requireNonNull(name, "name")));
    }

    /**
     * The limiter of a name, for keys of a type.
     *
     * @param name the name
     * @param keyType the type that it was made or registered with
     * @param <K> the type of the keys
     * @return the limiter; empty if there is none
     * @throws IllegalArgumentException if its keys are of another type
     */
    public <K> Optional<Limiter<K>> get(String name, Class<K> keyType) {
        Objects.requireNonNull(keyType, "keyType");
        Entry entry = entries.get(Objects.requireNonNull(name, "name"));
        return entry == null ? Optional.empty() : Optional.of(typed(name, entry, keyType));
    }

    /**
     * All limiters by name.
     *
     * @return an immutable snapshot, in the order in which the names were first used
     */
    public Map<String, Limiter<?>> limiters() {
        return limiters;
    }

    /**
     * The limiter in memory that a builder describes. If the one of that name was made with the same limits and
     * settings, it is returned, else a new one is built.
     *
     * <p>The listener of denials is not compared: a limiter that exists keeps its own. So let the listener be one that
     * outlives the configuration, too. Sweeps run on the registry's thread unless the builder has a scheduler.
     *
     * @param keyType the type of the keys
     * @param builder with a name; it is not changed
     * @param <K> the type of the keys
     * @return the limiter, which the registry closes
     * @throws IllegalArgumentException if the limiter with these settings has keys of another type
     * @throws IllegalStateException if a limiter of this name was registered, or the registry is closed
     */
    public synchronized <K> LocalLimiter<K> obtain(Class<K> keyType, LimiterBuilder<? super K> builder) {
        Objects.requireNonNull(builder, "builder");
        requireOpen();
        // Only a builder has settings like these, so the limiter with equal ones was built here, too.
        return (LocalLimiter<K>)
                this.<K>obtain(builder.name, keyType, builder.settings(), () -> builder.build(sweeper()));
    }

    /**
     * The limiter of a name, of any kind. If it was made with equal settings it is returned, else a new one is made.
     *
     * @param name what it is called here
     * @param keyType the type of the keys
     * @param settings all that the limiter depends on, with an {@code equals} that tells whether it is the same
     * @param maker makes the limiter, or throws: then nothing changes. It is called under the registry's lock
     * @param <K> the type of the keys
     * @return the limiter, which the registry closes
     * @throws IllegalArgumentException if the name is blank, or the limiter with these settings has keys of another
     *     type
     * @throws IllegalStateException if a limiter of this name was registered, or the registry is closed
     */
    public synchronized <K> Limiter<K> obtain(
            String name, Class<K> keyType, Object settings, Supplier<? extends Limiter<K>> maker) {
        requireName(name);
        Objects.requireNonNull(keyType, "keyType");
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(maker, "maker");
        requireOpen();
        Entry present = entries.get(name);
        if (present != null && !present.isMadeHere()) {
            throw new IllegalStateException("the limiter " + QuotedText.of(name)
                    + " was registered, not made here: get it, or remove it first");
        }
        if (present != null && settings.equals(present.settings())) {
            return typed(name, present, keyType);
        }
        Limiter<K> made = Objects.requireNonNull(maker.get(), "the maker's limiter");
        put(name, new Entry(keyType, made, settings));
        return made;
    }

    /**
     * Registers a limiter that was made elsewhere. The registry never closes it.
     *
     * @param name what it is called here
     * @param keyType the type of its keys
     * @param limiter the limiter
     * @param <K> the type of its keys
     * @throws IllegalArgumentException if the name is blank
     * @throws IllegalStateException if there is a limiter of this name, or the registry is closed
     */
    public synchronized <K> void register(String name, Class<K> keyType, Limiter<K> limiter) {
        requireName(name);
        Objects.requireNonNull(keyType, "keyType");
        Objects.requireNonNull(limiter, "limiter");
        requireOpen();
        if (entries.containsKey(name)) {
            throw new IllegalStateException("there is a limiter " + QuotedText.of(name) + ": remove it first");
        }
        put(name, new Entry(keyType, limiter, null));
    }

    /**
     * Removes the limiter of a name, and closes it if it was made here.
     *
     * @param name the name
     * @return whether there was one
     */
    public synchronized boolean remove(String name) {
        Map<String, Entry> rest = new LinkedHashMap<>(entries);
        Entry removed = rest.remove(Objects.requireNonNull(name, "name"));
        if (removed == null) {
            return false;
        }
        publish(rest);
        close(removed);
        return true;
    }

    /**
     * Closes the limiters that were made here, and ends their thread. The limiters can be got as before, but no others
     * can be made or registered. Idempotent.
     */
    @Override
    public synchronized void close() {
        closed = true;
        RuntimeException failure = null;
        for (Entry entry : entries.values()) {
            try {
                close(entry);
            } catch (RuntimeException e) { // the others are closed all the same
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (sweeper != null) {
            sweeper.shutdownNow();
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Replaces the limiter of this name, if any. That is closed once no caller can get it any more. */
    private void put(String name, Entry entry) {
        if (closed) { // by the maker
            close(entry);
            throw isClosed();
        }
        Map<String, Entry> all = new LinkedHashMap<>(entries);
        Entry former = all.put(name, entry);
        publish(all);
        if (former != null) {
            close(former);
        }
    }

    private void publish(Map<String, Entry> all) {
        Map<String, Limiter<?>> shown = new LinkedHashMap<>();
        all.forEach((name, entry) -> shown.put(name, entry.limiter()));
        entries = Collections.unmodifiableMap(all);
        limiters = Collections.unmodifiableMap(shown);
    }

    private static void close(Entry entry) {
        if (entry.isMadeHere()) {
            entry.limiter().close();
        }
    }

    private ScheduledExecutorService sweeper() {
        if (sweeper == null) {
            sweeper = Sweeper.sharedThread();
        }
        return sweeper;
    }

    private void requireOpen() {
        if (closed) {
            throw isClosed();
        }
    }

    private static IllegalStateException isClosed() {
        return new IllegalStateException("the registry is closed");
    }

    private static void requireName(String name) {
        if (Objects.requireNonNull(name, "name").isBlank()) {
            throw new IllegalArgumentException("the name of a limiter must not be blank");
        }
    }

    @SuppressWarnings("unchecked") // the limiter came together with the type
    private static <K> Limiter<K> typed(String name, Entry entry, Class<K> keyType) {
        if (!keyType.equals(entry.keyType())) {
            throw new IllegalArgumentException("the keys of limiter " + QuotedText.of(name) + " are of "
                    + entry.keyType().getName() + ", not of " + keyType.getName());
        }
        return (Limiter<K>) entry.limiter();
    }
}
