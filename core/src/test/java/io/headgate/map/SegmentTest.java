package io.headgate.map;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When tables are copied, promoted and rebuilt, seen from inside one segment. */
@Timeout(60)
class SegmentTest {

    private final Segment segment = new Segment(new AtomicReferenceArray<>(1), 0);

    private @Nullable Object store(int key) {
        return segment.update(key, key * 31, UpdateCondition.ALWAYS, null, key);
    }

    private @Nullable Object delete(int key) {
        return segment.update(key, key * 31, UpdateCondition.IF_PRESENT, null, null);
    }

    private @Nullable Object load(int key) {
        return segment.load(key, key * 31);
    }

    private void storeAll(int from, int to) {
        for (int key = from; key < to; key++) {
            store(key);
        }
    }

    @Test
    void theDirtyTableIsPromotedAfterAsManyMissesAsItHasEntries() {
        storeAll(0, 100);
        for (int miss = 1; miss < 100; miss++) {
            assertThat(load(0)).isEqualTo(0);
            assertThat(segment.amended()).as("after %d misses", miss).isTrue();
        }
        assertThat(load(0)).isEqualTo(0);
        assertThat(segment.amended()).isFalse();
    }

    @Test
    void missesOfAbsentKeysCountAndThoseOfNewKeysDoNot() {
        storeAll(0, 10);
        assertThat(segment.amended()).isTrue();
        for (int miss = 0; miss < 10; miss++) {
            load(1_000);
        }
        assertThat(segment.amended()).isFalse();
        storeAll(10, 20);
        assertThat(segment.amended()).isTrue();
        for (int miss = 0; miss < 20; miss++) {
            delete(1_000);
        }
        assertThat(segment.amended()).isFalse();
    }

    @Test
    void hitsInTheReadTableAreNoMisses() {
        storeAll(0, 10);
        segment.promoted();
        store(10);
        for (int hit = 0; hit < 1_000; hit++) {
            assertThat(load(hit % 10)).isEqualTo(hit % 10);
        }
        assertThat(segment.amended()).isTrue();
    }

    @Test
    void aDeletedKeyOfTheReadTableIsRevivedInPlace() throws InterruptedException {
        storeAll(0, 10);
        segment.promoted();
        whileLocked(() -> {
            assertThat(delete(3)).isEqualTo(3);
            assertThat(load(3)).isNull();
            assertThat(store(3)).isNull();
            assertThat(load(3)).isEqualTo(3);
        });
        assertThat(segment.held()).isEqualTo(10);
        assertThat(segment.live()).isEqualTo(10);
    }

    @Test
    void aKeyDeletedBeforeTheCopyIsExpungedAndComesBackAsANewEntry() {
        storeAll(0, 10);
        Table old = segment.promoted();
        Entry entry = entryOf(old, 3);
        delete(3);
        store(10);
        assertThat(entry.value()).isSameAs(Entry.EXPUNGED);
        assertThat(load(3)).isNull();
        assertThat(store(3)).isNull();
        assertThat(load(3)).isEqualTo(3);
        Table current = segment.promoted();
        assertThat(load(3)).isEqualTo(3);
        assertThat(entryOf(current, 3)).isNotSameAs(entry);
        assertThat(entry.value()).isSameAs(Entry.EXPUNGED);
        assertThat(current.count()).isEqualTo(11);
        assertThat(segment.live()).isEqualTo(11);
    }

    @Test
    void deadEntriesNeverOutnumberTheLiveOnesByMoreThanSixteen() {
        for (int round = 0; round < 20; round++) {
            storeAll(round * 1_000, round * 1_000 + 500);
            if (round % 2 == 0) {
                segment.promoted();
            }
            storeAll(round * 1_000 + 500, round * 1_000 + 700);
            for (int key = round * 1_000; key < round * 1_000 + 700; key++) {
                delete(key);
                assertThat(segment.held() - segment.live())
                        .as("dead of %d held", segment.held())
                        .isLessThanOrEqualTo(segment.live() + 16);
            }
            assertThat(segment.held()).as("held by an empty segment").isZero();
            assertThat(segment.promoted()).isSameAs(Table.EMPTY);
        }
    }

    @Test
    void expungedEntriesOfTheReadTableCountAsDead() {
        storeAll(0, 60);
        segment.promoted();
        for (int key = 0; key < 30; key++) {
            delete(key);
        }
        store(100);
        assertThat(segment.held()).isEqualTo(61);
        // 30 dead and 31 live; nine deletions later they are 39 and 22, and one more makes it too many.
        for (int key = 30; key < 38; key++) {
            delete(key);
        }
        assertThat(segment.held()).isEqualTo(61);
        delete(38);
        assertThat(segment.held()).isEqualTo(22);
        assertThat(segment.promoted().count()).isEqualTo(22);
    }

    @Test
    void clearingExpungesWhatReadersOfTheOldTableStillHold() {
        storeAll(0, 10);
        Table old = segment.promoted();
        Entry entry = entryOf(old, 3);
        segment.clear();
        assertThat(entry.value()).isSameAs(Entry.EXPUNGED);
        assertThat(load(3)).isNull();
        assertThat(segment.live()).isZero();
        assertThat(segment.held()).isZero();
    }

    @Test
    void manyEntriesOfOneHashShareABinAndTheirNeighboursAreStillFound() {
        // The hashes 0, 1 and 2 are neighbours; those of 0 turn into a bin when the others are in place.
        for (int key = 0; key < 30; key++) {
            segment.update("neighbour" + key, key % 3, UpdateCondition.ALWAYS, null, key);
        }
        for (int key = 0; key < 30; key++) {
            assertThat(segment.load("neighbour" + key, key % 3)).isEqualTo(key);
        }
        segment.promoted();
        for (int key = 0; key < 29; key++) {
            assertThat(segment.load("neighbour" + key, key % 3)).isEqualTo(key);
            assertThat(segment.update("neighbour" + key, key % 3, UpdateCondition.IF_PRESENT, null, null))
                    .isEqualTo(key);
            assertThat(segment.load("neighbour" + key, key % 3)).isNull();
        }
        assertThat(segment.load("neighbour29", 29 % 3)).isEqualTo(29);
        assertThat(segment.live()).isEqualTo(1);
    }

    @Test
    void noSegmentHasMoreThan16384EntriesAtTheExpectedSize() {
        for (int expected : new int[] {100_000, 786_432, 1_000_000}) {
            ReadOptimizedMap<Integer, Integer> map = new ReadOptimizedMap<>(expected);
            Integer value = 0;
            for (int key = 0; key < expected; key++) {
                map.store(key, value);
            }
            long sum = 0;
            for (Segment part : map.segments()) {
                int count = part.promoted().count();
                assertThat(count).isLessThanOrEqualTo(16_384);
                sum += count;
            }
            assertThat(sum).isEqualTo(expected);
            assertThat(map.size()).isEqualTo(expected);
        }
    }

    @Test
    void differentMapsSpreadTheSameKeysDifferently() {
        ReadOptimizedMap<Integer, Integer> one = new ReadOptimizedMap<>();
        ReadOptimizedMap<Integer, Integer> other = new ReadOptimizedMap<>();
        int differently = 0;
        for (int key = 0; key < 1_000; key++) {
            one.store(key, key);
            other.store(key, key);
        }
        for (int i = 0; i < one.segments().length; i++) {
            Segment mine = one.segments()[i];
            Segment theirs = other.segments()[i];
            differently += mine.held() == theirs.held() ? 0 : 1;
        }
        assertThat(differently).as("segments of different size").isPositive();
    }

    private static Entry entryOf(Table table, int key) {
        Entry entry = table.find(key, key * 31);
        assertThat(entry).isNotNull();
        return java.util.Objects.requireNonNull(entry);
    }

    /** Runs a task while another thread has the lock: it would never end if it needed the lock. */
    private void whileLocked(Runnable task) throws InterruptedException {
        synchronized (segment) {
            Threads.run(1, thread -> task.run());
        }
    }
}
