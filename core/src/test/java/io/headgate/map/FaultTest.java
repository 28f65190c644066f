package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.faults.Fuse;
import io.headgate.testing.Measurements;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Nothing is lost when the user's code throws: every operation is run with a fault at its first call of such code, at
 * its second, and so on until it has no more of them, each time on a map made anew.
 */
class FaultTest {

    /** How the map came to be what it is when the fault comes. */
    private enum Past {
        UNSETTLED,
        SETTLED,
        AMENDED,
        WITH_DEAD,
        AMENDED_WITH_DEAD
    }

    private enum Operation {
        STORE_NEW,
        STORE_OLD,
        LOAD_OR_STORE_NEW,
        STORE_DELETED,
        DELETE,
        COMPARE_AND_DELETE,
        COMPARE_AND_SWAP,
        MERGE,
        LOAD,
        LOAD_ABSENT,
        RANGE,
        CLEAR
    }

    /** A map and what it should have, with keys and values that have a fuse. */
    private static final class Subject {
        private static final int OTHERS = 40;

        private final Fuse fuse = new Fuse();
        private final Keys keys;
        private final ReadOptimizedMap<Object, Object> map = new ReadOptimizedMap<>(0, 1);
        private final Map<Integer, Integer> model = new HashMap<>();

        /** Stores the numbers below {@code size} and then deletes the first of them, beside keys of other hashes. */
        Subject(Keys keys, Past past, int size, int deleted) {
            this.keys = keys;
            for (int i = 0; i < OTHERS; i++) {
                map.store("other" + i, -i);
            }
            for (int number = 0; number < size; number++) {
                store(number);
                if (past != Past.UNSETTLED && number == size / 2 - 1) {
                    map.range((key, value) -> true);
                }
            }
            if (past == Past.SETTLED || past == Past.WITH_DEAD) {
                map.range((key, value) -> true);
            }
            for (int number = 0; number < deleted; number++) {
                delete(number);
            }
        }

        Object key(int number) {
            return fuse.in(keys.key(number));
        }

        Object value(int number) {
            return fuse.in(Keys.SPREAD_OPAQUE.key(number));
        }

        void store(int number) {
            map.store(key(number), value(number));
            model.put(number, number);
        }

        void delete(int number) {
            map.delete(key(number));
            model.remove(number);
        }

        /** Changes the model only once the map is changed. */
        void apply(Operation operation, int old, int fresh) {
            switch (operation) {
                case STORE_NEW -> store(fresh);
                case STORE_OLD -> store(old);
                case LOAD_OR_STORE_NEW -> {
                    map.loadOrStore(key(fresh), value(fresh));
                    model.put(fresh, fresh);
                }
                case STORE_DELETED -> store(0);
                case DELETE -> delete(old);
                case COMPARE_AND_DELETE -> {
                    assertThat(map.compareAndDelete(key(old), value(old))).isTrue();
                    model.remove(old);
                }
                case COMPARE_AND_SWAP -> {
                    assertThat(map.compareAndSwap(key(old), value(old), value(fresh)))
                            .isTrue();
                    model.put(old, fresh);
                }
                case MERGE -> {
                    map.asMap().merge(key(old), value(fresh), (seen, added) -> added);
                    model.put(old, fresh);
                }
                case LOAD -> assertThat(map.load(key(old))).isNotNull();
                case LOAD_ABSENT -> assertThat(map.load(key(fresh))).isNull();
                case RANGE -> map.range((key, value) -> true);
                case CLEAR -> {
                    map.clear();
                    model.clear();
                    for (int i = 0; i < OTHERS; i++) {
                        map.store("other" + i, -i);
                    }
                }
            }
        }

        /** Walks only at the end, as a walk repairs more than other operations do. */
        void check(int numbers) {
            Map<Object, Object> expected = new HashMap<>(model);
            Map<Object, Object> loaded = new HashMap<>();
            for (int number = 0; number < numbers; number++) {
                note(loaded, number, map.load(key(number)));
            }
            for (int i = 0; i < OTHERS; i++) {
                expected.put("other" + i, -i);
                note(loaded, "other" + i, map.load("other" + i));
            }
            assertThat(loaded).isEqualTo(expected);
            assertThat(map.size()).isEqualTo(expected.size());
            Map<Object, Object> walked = new HashMap<>();
            int[] count = new int[1];
            map.range((key, value) -> {
                note(walked, key instanceof String ? key : Keys.number(Fuse.without(key)), value);
                return ++count[0] > 0;
            });
            assertThat(walked).isEqualTo(expected).hasSize(count[0]);
        }

        private static void note(Map<Object, Object> contents, Object key, @Nullable Object value) {
            if (value != null) {
                contents.put(key, value instanceof Integer ? value : Keys.number(Fuse.without(value)));
            }
        }
    }

    private int faults;

    private void injectAll(Keys keys, Past past, int size, int deleted, Operation operation) {
        boolean blown = true;
        for (int n = 1; blown; n++) {
            Subject subject = new Subject(keys, past, size, deleted);
            subject.fuse.set(n);
            try {
                subject.apply(operation, size - 1, size);
            } catch (Fuse.Blown e) {
                assertThat(e).hasMessage("on purpose");
            } finally {
                blown = subject.fuse.remove();
            }
            faults += blown ? 1 : 0;
            if (n % 2 == 0) {
                subject.check(size + 2);
            }
            if (n % 3 == 0) {
                for (int number = 0; number < deleted; number++) {
                    subject.store(number);
                }
            }
            subject.store(size - 1);
            subject.delete(size);
            subject.apply(operation, size - 1, size);
            subject.check(size + 2);
            for (int number = 0; number < size + 2; number++) {
                subject.delete(number);
            }
            subject.check(size + 2);
            for (Segment segment : subject.map.segments()) {
                assertThat(segment.held() - segment.live()).as("dead").isLessThanOrEqualTo(segment.live() + 16);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Keys.class)
    void anOperationThatThrowsHasChangedNothing(Keys keys) {
        for (Past past : Past.values()) {
            boolean dead = past == Past.WITH_DEAD || past == Past.AMENDED_WITH_DEAD;
            for (int size : new int[] {1, 7, 8, 9, 10, 12, 20}) { // with ten keys the next makes the tree of a bin
                for (Operation operation : Operation.values()) {
                    injectAll(keys, past, size, dead ? size / 3 : 0, operation);
                }
            }
        }
        Measurements.print("%s: %,d faults", keys, faults);
        assertThat(faults).isGreaterThan(keys.name().startsWith("CONSTANT") ? 6_000 : 600);
    }

    /** The deletions among which one drops the dead. */
    @ParameterizedTest
    @EnumSource(Keys.class)
    void aDeletionThatTookEffectDoesNotThrow(Keys keys) {
        for (Past past : new Past[] {Past.WITH_DEAD, Past.AMENDED_WITH_DEAD}) {
            for (int deleted = 38; deleted <= 40; deleted++) {
                injectAll(keys, past, 60, deleted, Operation.DELETE);
            }
        }
        Measurements.print("%s: %,d faults", keys, faults);
        assertThat(faults).isGreaterThan(keys.name().startsWith("CONSTANT") ? 500 : 10);
    }

    @Test
    void aFaultWhileABinIsMadeLosesNoneOfThreeThousandKeys() {
        boolean blown = true;
        for (int n = 1; blown; n++) {
            Subject subject = new Subject(Keys.CONSTANT, Past.UNSETTLED, 8, 0);
            Map<String, Integer> strings = new HashMap<>();
            for (int i = 0; i < 3_000; i++) {
                subject.map.store("string" + i, i);
                strings.put("string" + i, i);
            }
            subject.fuse.set(n);
            try {
                subject.store(8);
            } catch (Fuse.Blown e) {
                assertThat(subject.model).hasSize(8);
            } finally {
                blown = subject.fuse.remove();
            }
            faults += blown ? 1 : 0;
            for (int number = 0; number < 9; number++) {
                assertThat(subject.map.load(subject.key(number)) != null).isEqualTo(subject.model.containsKey(number));
            }
            strings.forEach((key, value) -> assertThat(subject.map.load(key)).isEqualTo(value));
            int[] count = new int[1];
            subject.map.range((key, value) -> ++count[0] > 0);
            assertThat(subject.map.size()).isEqualTo(count[0]).isEqualTo(3_000 + 40 + subject.model.size());
        }
        Measurements.print("Making a bin: %,d faults", faults);
        assertThat(faults).isGreaterThan(40);
    }
}
