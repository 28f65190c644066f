package io.headgate;

import io.headgate.internal.StackProbe;
import org.jspecify.annotations.Nullable;

/**
 * Lets the parts of an {@link AddressTable} follow the number of their keys. A part doubles, then splits in two by the
 * next bit of the hash. A part with few keys gets smaller, or merges with its sibling.
 */
final class Moves {

    /*
     * A move replaces one or two parts by others, with the locks of the old ones held:
     *
     *   1. it allocates what it takes, which may fail: then nothing has happened;
     *   2. the old parts say where their rows will be;
     *   3. row by row, it exchanges each state for MOVED, which is final, and writes it to the new row, then the new row's key;
     *   4. it makes the directory lead to the new parts, and marks the old ones replaced.
     *
     * A state that was charged before its exchange moves with the charge; the CAS of a later charge fails. Old keys
     * stay readable. So a call that meets MOVED knows that the key was here. It looks for the key where the row goes:
     * by the directory or, while the directory does not lead there, in the successor (AddressTable.follow). A row is
     * charged in the successor as soon as its key is there, since all its states are, too. docs/concurrency.md, "Rows
     * that move", has the proof.
     *
     * Part.successor says where rows go; moveRow moves one.
     */

    /** Bytes of stack: more than the move of all rows takes, all steps of which belong together. */
    private static final int STACK = 4096;

    private final PartSizes sizes;
    private final Slots slots;
    private final int limits;
    private final HomeHash homes;
    private final Directory directory;

    Moves(PartSizes sizes, Slots slots, int limits, HomeHash homes, Directory directory) {
        this.sizes = sizes;
        this.slots = slots;
        this.limits = limits;
        this.homes = homes;
        this.directory = directory;
    }

    /** Gives the keys of a part twice the slots, in one part or in two. Needs its lock. */
    void grow(Part part) {
        Part[] old = {part};
        if (part.groups() < sizes.most()) {
            move(old, part(part.depth, part.prefix, sizes.next(part.groups())));
        } else {
            int depth = part.depth + 1;
            move(old, part(depth, 2 * part.prefix, sizes.most()), part(depth, 2 * part.prefix + 1, sizes.most()));
        }
    }

    /**
     * Gives the keys of a part that has just been swept no more slots than they take. The parts below it were swept
     * before.
     */
    void shrink(Part swept) {
        Part part = swept;
        for (Part merged = part; merged != null; merged = merge(part)) {
            part = merged;
        }
        directory.trim();
        synchronized (part) {
            if (!part.isReplaced()) {
                fit(part);
            }
        }
    }

    /**
     * Gives the keys of a part no more slots than they take. Answers whether another part has replaced it. Needs its
     * lock.
     */
    boolean fit(Part part) {
        int fitting = sizes.fitting(part.live());
        if (!PartSizes.isWorthwhile(part.groups(), fitting)) {
            return false;
        }
        move(new Part[] {part}, part(part.depth, part.prefix, fitting));
        return true;
    }

    /** Merges an upper part and its sibling, if one part has room for all keys. */
    private @Nullable Part merge(Part upper) {
        if (!upper.isUpper()) {
            return null;
        }
        Part lower = directory.part(Part.firstHash(upper.depth, upper.prefix - 1));
        synchronized (lower) { // parts in force are locked in the order of their hashes, and two at once only here
            synchronized (upper) {
                int live = lower.live() + upper.live();
                if (lower.isReplaced()
                        || upper.isReplaced()
                        || lower.depth != upper.depth
                        || !sizes.isRoomy(sizes.most(), live)) {
                    return null;
                }
                Part whole = part(upper.depth - 1, lower.prefix / 2, sizes.fitting(live));
                move(new Part[] {lower, upper}, whole);
                return whole;
            }
        }
    }

    private Part part(int depth, int prefix, int groups) {
        return new Part(depth, prefix, slots.make(groups));
    }

    private void move(Part[] old, Part... successors) {
        StackProbe.require(STACK);
        directory.deepen(successors[0].depth); // the last step that may fail
        for (Part part : old) {
            for (Part successor : successors) {
                successor.succeed(part);
            }
            part.goesTo(successors);
        }
        for (Part part : old) {
            moveRows(part);
        }
        publish(old, successors);
        for (Part part : old) {
            part.setReplaced();
        }
    }

    /**
     * Holds the locks of the successors, so that no thread moves them on before all entries of the directory lead to
     * them.
     */
    private void publish(Part[] old, Part[] successors) {
        synchronized (successors[0]) {
            synchronized (successors[successors.length - 1]) {
                directory.replace(old, successors);
            }
        }
    }

    private void moveRows(Part part) {
        for (int group = 0; group < part.groups(); group++) {
            int first = slots.first(group);
            for (int slot = first; slot < first + Slots.GROUP; slot++) {
                long key = Slots.key(part.rows, slot);
                if (key != Slots.FREE) {
                    moveRow(part, slot, key);
                }
            }
        }
    }

    private void moveRow(Part part, int slot, long key) {
        long hash = homes.of(key);
        Part successor = part.successor(hash);
        long[] rows = successor.rows;
        int target = slots.slotFor(rows, homes.home(hash, successor.groups()));
        for (int i = 0; i < limits; i++) {
            long state = Slots.exchange(part.rows, Slots.firstState(slot) + i * Slots.GROUP, TokenBucket.MOVED);
            Slots.setRelease(rows, Slots.firstState(target) + i * Slots.GROUP, state);
        }
        Slots.setRelease(rows, target, key);
        successor.count(1);
    }
}
