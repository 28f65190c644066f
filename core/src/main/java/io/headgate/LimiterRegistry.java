package io.headgate;

import io.headgate.internal.QuotedText;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
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
 * settings get the same limiter, even if they know nothing of each other. {@link #remove(String) Remove} a limiter that
 * is no longer wanted.
 *
 * <p>Users that come and go, such as filters, name themselves. A limiter is not closed under its users: it is made anew
 * for the only one that it has, and removed by the last one. Two users cannot have one name with different settings.
 * Callers that do not name themselves count as one user.
 *
 * <p>The registry closes the limiters that it made, and never those that were {@linkplain #register registered}. The
 * limiters in memory that it makes share one daemon thread for their sweeps, which runs while there is something to
 * sweep.
 *
 * <p>Thread-safe. {@link #get} and {@link #limiters} take no lock. All other methods take the registry's, and
 * {@code obtain} makes limiters under it: two threads that ask for one name get one limiter, and none is made in vain.
 */
public final class LimiterRegistry implements AutoCloseable {

    /** The user in whose name calls without one are made. */
    private static final Object ANYBODY = new Object();

    /**
     * A limiter and what is known of it.
     *
     * @param settings the settings that it was made with; null if it was registered
     * @param users those that have obtained it and not let go of it yet
     */
    private record Entry(
            Class<?> keyType, Limiter<?> limiter, @Nullable Object settings, Set<Object> users) {

        boolean isMadeHere() {
            return settings != null;
        }

        boolean hasOthersThan(Object user) {
            return users.stream().anyMatch(other -> !other.equals(user));
        }

        Entry with(Object user) {
            Set<Object> all = new HashSet<>(users);
            return all.add(user) ? new Entry(keyType, limiter, settings, Set.copyOf(all)) : this;
        }

        Entry without(Object user) {
            Set<Object> rest = new HashSet<>(users);
            return rest.remove(user) ? new Entry(keyType, limiter, settings, Set.copyOf(rest)) : this;
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
     * @throws IllegalStateException if a limiter of this name was registered, or a user has it with other settings, or
     *     the registry is closed
     */
    public <K> LocalLimiter<K> obtain(Class<K> keyType, LimiterBuilder<? super K> builder) {
        Objects.requireNonNull(builder, "builder");
        return obtain(ANYBODY, keyType, List.of(builder)).get(0);
    }

    /**
     * The limiters in memory that several builders describe, for a user: all of them, or none. They are those of
     * {@link #obtain(Class, LimiterBuilder)}, and none is closed before the user lets go of it.
     *
     * @param user any object that stands for the user: it is the same user if it is equal. It lets go of them by
     *     {@link #remove(Object, String)} and {@link #release}
     * @param keyType the type of the keys
     * @param builders each with a name of its own; they are not changed
     * @param <K> the type of the keys
     * @return the limiters in the order of their builders
     * @throws IllegalArgumentException if two builders have one name, or a limiter with these settings has keys of
     *     another type
     * @throws IllegalStateException if a limiter of one of these names was registered, or another user has it with other
     *     settings, or the registry is closed; then nothing changes
     */
    public synchronized <K> List<LocalLimiter<K>> obtain(
            Object user, Class<K> keyType, List<? extends LimiterBuilder<? super K>> builders) {
        Objects.requireNonNull(user, "user");
        requireOpen();
        // None is made before all are known to be possible.
        Set<String> names = new HashSet<>();
        for (LimiterBuilder<? super K> builder : builders) {
            fitting(user, builder.name, keyType, builder.settings());
            if (!names.add(builder.name)) {
                throw new IllegalArgumentException("two limiters have the name " + QuotedText.of(builder.name));
            }
        }
        Map<String, Entry> wanted = new LinkedHashMap<>();
        for (LimiterBuilder<? super K> builder : builders) {
            wanted.put(
                    builder.name,
                    entry(user, builder.name, keyType, builder.settings(), () -> builder.build(sweeper())));
        }
        wanted.forEach(this::put);
        // Only a builder has settings like these, so a limiter with equal ones was built here, too.
        return wanted.entrySet().stream()
                .map(entry -> (LocalLimiter<K>) typed(entry.getKey(), entry.getValue(), keyType))
                .toList();
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
     * @throws IllegalStateException if a limiter of this name was registered, or a user has it with other settings, or
     *     the registry is closed
     */
    public synchronized <K> Limiter<K> obtain(
            String name, Class<K> keyType, Object settings, Supplier<? extends Limiter<K>> maker) {
        requireName(name);
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(maker, "maker");
        requireOpen();
        Entry entry = entry(ANYBODY, name, keyType, settings, maker);
        put(name, entry);
        return typed(name, entry, keyType);
    }

    /** What a name stands for once a user has asked for it with these settings. Changes nothing yet. */
    private <K> Entry entry(
            Object user, String name, Class<K> keyType, Object settings, Supplier<? extends Limiter<K>> maker) {
        Entry fitting = fitting(user, name, keyType, settings);
        return fitting != null
                ? fitting.with(user)
                : new Entry(
                        keyType, Objects.requireNonNull(maker.get(), "the maker's limiter"), settings, Set.of(user));
    }

    /** The one of the name if it has these settings; null if one is to be made. Throws if there cannot be one. */
    private @Nullable Entry fitting(Object user, String name, Class<?> keyType, Object settings) {
        Objects.requireNonNull(keyType, "keyType");
        Entry present = entries.get(name);
        if (present == null) {
            return null;
        }
        if (!present.isMadeHere()) {
            throw new IllegalStateException("the limiter " + QuotedText.of(name)
                    + " was registered, not made here: get it, or remove it first");
        }
        if (settings.equals(present.settings())) {
            typed(name, present, keyType);
            return present;
        }
        if (present.hasOthersThan(user)) {
            throw new IllegalStateException("the limiter " + QuotedText.of(name) + " is in use with "
                    + present.settings() + ", so it cannot have " + settings
                    + ": ask for the same settings, or for another name");
        }
        return null;
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
        put(name, new Entry(keyType, limiter, null, Set.of()));
    }

    /**
     * Removes the limiter of a name, and closes it if it was made here; unless it is used by others, which have named
     * themselves.
     *
     * @param name the name
     * @return whether it is gone; false if there was none, or users have it
     */
    public synchronized boolean remove(String name) {
        Entry present = entries.get(Objects.requireNonNull(name, "name"));
        return present != null && remove(name, present, ANYBODY);
    }

    /**
     * Lets go of the limiter of a name. It is removed, and closed if it was made here, unless others use it.
     *
     * @param user the one that it was obtained for
     * @param name the name
     * @return whether it is gone; false if the user had none, or others use it
     */
    public synchronized boolean remove(Object user, String name) {
        Entry present = entries.get(Objects.requireNonNull(name, "name"));
        return present != null && present.users().contains(user) && remove(name, present, user);
    }

    private boolean remove(String name, Entry present, Object user) {
        if (present.hasOthersThan(user)) {
            put(name, present.without(user));
            return false;
        }
        Map<String, Entry> rest = new LinkedHashMap<>(entries);
        rest.remove(name);
        publish(rest);
        close(present);
        return true;
    }

    /**
     * Lets go of all limiters of a user that ends. They stay, with what was taken, until the registry is closed, or
     * somebody removes them or asks for them with other settings.
     *
     * @param user the one that they were obtained for
     */
    public synchronized void release(Object user) {
        Map<String, Entry> all = new LinkedHashMap<>(entries);
        all.replaceAll((name, entry) -> entry.without(user));
        publish(all);
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

    /** Replaces the limiter of this name, if it is another. That is closed once no caller can get it any more. */
    private void put(String name, Entry entry) {
        Entry former = entries.get(name);
        boolean isNew = former == null || former.limiter() != entry.limiter();
        if (closed && isNew) { // by the maker
            close(entry);
            throw isClosed();
        }
        Map<String, Entry> all = new LinkedHashMap<>(entries);
        all.put(name, entry);
        publish(all);
        if (former != null && isNew) {
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
