package io.headgate;

import io.headgate.internal.StackProbe;
import org.jspecify.annotations.Nullable;

/**
 * Lets the parts of an {@link AddressTable} follow the number of their keys: a part doubles, then splits in two by the next
 * bit of the hash; one that has few keys gets smaller, or becomes one with its sibling.
 */
final class Moves {

    /*
     * A move puts one or two parts, the locks of which are held, in the place of others:
     *
     *   1. what it takes is allocated, which may fail: then nothing has happened;
     *   2. the old parts say where their rows will be;
     *   3. row by row, each state is exchanged for MOVED, which is final, and written to the new row, then its key;
     *   4. the directory leads to the new parts, the old ones are replaced.
     *
     * A state that was charged before its exchange is moved with the charge; a charge that comes after it fails. Old keys
     * stay readable, so whoever meets MOVED knows that the key was here, and looks for it where it is going: by the
     * directory, or in the successor as long as that is not in the directory (AddressTable.follow). A row is charged in the
     * successor as soon as its key is there, since all its states are. docs/concurrency.md, "Rows that move", has the proof.
     *
     * Where rows go is said by Part.successor; what they become, in moveRow.
     */

    /** Bytes: more than it takes to move all rows, all steps of which belong together. */
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

    /** Gives the keys of a part twice the slots, as a part or as two. Needs its lock. */
    void grow(Part part) {
        Part[] old = {part};
        if (part.groups() < sizes.most()) {
            move(old, part(part.depth, part.prefix, sizes.next(part.groups())));
        } else {
            int depth = part.depth + 1;
            move(old, part(depth, 2 * part.prefix, sizes.most()), part(depth, 2 * part.prefix + 1, sizes.most()));
        }
    }

    /** Gives the keys of a part that has just been swept no more slots than it takes; those below it were swept before. */
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

    /** Lets the keys of a part have no more slots than it takes: answers whether another one has taken its place. Needs its lock. */
    boolean fit(Part part) {
        int fitting = sizes.fitting(part.live());
        if (!PartSizes.isWorthwhile(part.groups(), fitting)) {
            return false;
        }
        move(new Part[] {part}, part(part.depth, part.prefix, fitting));
        return true;
    }

    /** Makes one part of an upper one and its sibling, if it has room for all keys. */
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

    /** Holds the locks of the successors: nobody moves them on before all entries of the directory lead to them. */
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
