/* The table in parts: moves that grow a part, split one in two, merge two in one; calls follow a moved word into the successor before that
 * is in force.
 *
 * dir[b] is the part in force for hash bit b. Key K has bit 0, key J bit 1; a wide part covers both. A part has SLOTS slots (key word, words
 * of limits 0 and 1), a lock, a tag counter, successors by bit; its number is never given out again. One floor for the whole table.
 *  Caller  one call: look-up, charge of both limits, undo of limit 0 if limit 1 refuses, insert with the lock held (evicts if there is no room,
 *          reading = the call's).
 *  Worker  MOVES moves and EVICTS evictions in any order, lock held. A move: locks (lower prefix first), allocate, set successors, freeze slot
 *          by slot (exchange to MOVED, copy, then the key), publish entry by entry, mark replaced, unlock.
 *  Clock   steps at any time, T times.
 * Every read, write, CAS, exchange, clock reading is one step; memory is sequentially consistent. What only the lock's holder reads and writes
 * (search with the lock held, allocation) is one step. Waiting for a lock and letting it go at once is one step.
 *
 * Promises (assertions)
 *  exact     T=0: the words in the part in force say what was admitted to a key never evicted (limit 0: and the unit that each undo leaves).
 *  once      a key is in one slot of the part in force, or in none: at the end, and whenever it is claimed (a follower never takes a live key
 *            for absent and gets it a second slot).
 *  tenancy   a CAS hits a word only while the slot's key is the call's own.
 *  window    in each window [a,b] of as-of readings: admitted <= C + (b - a)/I, by limit and key; an as-of reading lies within its call.
 *  there     with at most as many calls of a key as it has permits, and no undo, none is denied.
 *  waits     who has waited for the lock of a frozen part sees another part in the directory. No deadlock (invalid end state). With -DNP and
 *            ./pan -l: no cycle at all, so a call waits for nothing but a lock.
 *
 * Instance: NK, NJ calls of K, J; MOVES, EVICTS a worker, WORKERS; T; C0 C1 I0 I1; UNIT an undo leaves; LOOKS at the successor before a
 *  follower waits; TRIES claims a call; SLOTS; START_SPLIT two parts at first; LIVE_K LIVE_J the key has a slot at first;
 *  NO_GROW NO_SPLIT NO_MERGE; REFUSE limit 1 may refuse at will; W1_FIRST freezes word 1 first; SIDES each worker evicts on one side; BY_DIR with the lock held, dir[bit] == part is
 *  looked at instead of a mark `replaced`.
 * Several movers need one of
 *  (default)     a mover moves a part only if each entry of its range names it
 *  BORN_LOCKED   with HALF_PUBLISHED: a successor is locked until all entries are set
 *  DIR_LOCK      with HALF_PUBLISHED: a lock for publishing; exact, but followers spin while the first mover sleeps
 *  HALF_PUBLISHED alone is the mutant without any of them.
 * Mutants: PUB_EARLY in force before the words are frozen; BLIND_FREEZE read and store; NO_FREEZE copy only; STALE_INSERT the part read
 *  before the lock was had, no check; NO_REPLACED part read again before the lock, no check after; ABSENT_EARLY, ABSENT_INSERT a follower who does
 *  not find the key in the successor starts over, or inserts (ABSENT_FIRST: inserts, but only if nothing is charged yet);
 *  SUCC_LATE successors set after the first freeze (NULL_OK: a follower bears that); KEY_FIRST; ONE_LOCK_MERGE (ONE_LOCK_LATER: without the
 *  assertion on waits); TAGS_RESTART; GO_ON charged if a second look-up finds nothing; NO_KEYCHECK; NO_FLOOR; FLOOR_FIRST floor read before
 *  the word; FLOOR_RACE floor raised by read and write; FIRST_READING denied by the call's own reading.
 *
 *   spin -a -DLIVE_K moves.pml && gcc -O2 -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -o pan pan.c && ./pan -m200000        explores
 *   gcc -O2 -DSAFETY -DBFS ...; ./pan; spin -t <same flags> moves.pml                                               a shortest schedule
 *   gcc -O2 -DNP ...; ./pan -m200000 -l                                                                             cycles */
#define RETIRED (-100)
#define MOVED   (-101)
#define isNew(w)    ((w) < 0 && (w) > -100)
#define isFull(w,t) ((w) > -100 && (w) <= (t))
#define max(a,b)    ((a) > (b) -> (a) : (b))
#define debt(w,t)   ((w) < 0 -> 0 : ((w) > (t) -> (w) - (t) : 0))
#define admits(w,t,cap,ivl) (debt(w,t) + (ivl) <= (cap)*(ivl))
#define NONE 255
#define K 1
#define J 2
#define bit(k) ((k) - 1)
#ifndef C0
#define C0 2
#endif
#ifndef C1
#define C1 2
#endif
#ifndef I0
#define I0 1
#endif
#ifndef I1
#define I1 1
#endif
#ifndef UNIT
#define UNIT 1
#endif
#ifndef T
#define T 0
#endif
#ifndef NK
#define NK 2
#endif
#ifndef NJ
#define NJ 0
#endif
#ifndef WORKERS
#define WORKERS 1
#endif
#ifndef MOVES
#define MOVES 1
#endif
#ifndef EVICTS
#define EVICTS 0
#endif
#ifndef SLOTS
#define SLOTS 2
#endif
#ifndef LOOKS
#define LOOKS 1
#endif
#ifndef TRIES
#define TRIES 1
#endif
#ifndef PARTS
#define PARTS (2 + 2*MOVES*WORKERS)
#endif
#define CAP(i) (i == 0 -> C0 : C1)
#define IVL(i) (i == 0 -> I0 : I1)
#define CALLS(k) (k == K -> NK : NJ)
#define W (T+1)
#define word(g,x,i) w[((g)*SLOTS+(x))*2+(i)]
#define keyOf(g,x)  key[(g)*SLOTS+(x)]
#define acquire(p)  atomic { !lock[p] -> lock[p] = 1 }

byte clk, done, parts;                                     /* parts: the next part number */
#ifdef DIR_LOCK
bool dirLock;
#endif
byte dir[2];                                               /* the directory: the part in force for each bit */
byte succ[PARTS*2] = NONE, tags[PARTS], key[PARTS*SLOTS];
bool lock[PARTS], replaced[PARTS], wide[PARTS];            /* wide: the part covers both bits */
short w[PARTS*SLOTS*2], floor = -1;
byte ad0[W*3], ad1[W*3], total[3], left[3]; bool evicted[3], live[3];   /* what the promises look at */

/* the lock of p is held: the part is in force for bit b */
#ifdef BY_DIR
#define gone(p,b) (dir[b] != p)
#else
#define gone(p,b) (replaced[p])
#endif

/* Lock held: evict slot x of part p, reading e. Sets ok. */
inline evict(p, x, e) {
#ifdef FLOOR_RACE
  short nf;
#endif
  ok = 0;
  s = word(p,x,0);
  if
  :: isFull(s, e) ->
     f = word(p,x,1);
     if
     :: isFull(f, e) ->
#ifdef FLOOR_RACE
        nf = max(floor, e); floor = nf;
#else
        floor = max(floor, e);                             /* one step: others hold other locks */
#endif
        atomic { if :: word(p,x,0) == s -> word(p,x,0) = RETIRED; ok = 1 :: else fi };
        if
        :: ok ->
           atomic { f = word(p,x,1); word(p,x,1) = RETIRED };
           if
           :: isFull(f, e) -> atomic { printf("P%d evicts key %d from part %d slot %d at %d\n", _pid, keyOf(p,x), p, x, e);
                                 evicted[keyOf(p,x)] = 1; live[keyOf(p,x)] = 0; keyOf(p,x) = 0 }
           :: else -> word(p,x,1) = f; atomic { tags[p]++; word(p,x,0) = -tags[p]; ok = 0; printf("P%d revives part %d slot %d\n", _pid, p, x) }
           fi
        :: else
        fi
     :: else
     fi
  :: else
  fi
}

proctype Caller(byte me) {
#ifdef FLOOR_FIRST
  short ff;
#endif
  short now, as, s, nx, f, a0, a1; byte i, g, x, q, looks, tries; bool un, ok;
  atomic { now = clk; printf("P%d (key %d) reads the clock: %d\n", _pid, me, now) }
lookup:
  i = 0;
  g = dir[bit(me)];
  x = 0;
  do
  :: x == SLOTS -> goto insert
  :: x < SLOTS && keyOf(g,x) == me -> break
  :: else -> x++
  od;
charge:
#ifdef FLOOR_FIRST
  ff = floor;
#endif
  s = word(g,x,i);
  if
  :: s == RETIRED -> (!lock[g]); goto lookup
  :: s == MOVED -> goto follow
  :: else
  fi;
#ifndef NO_KEYCHECK
  if :: keyOf(g,x) != me -> goto lookup :: else fi;
#endif
#ifdef NO_FLOOR
  as = now;
#else
#ifdef FLOOR_FIRST
  as = (isNew(s) -> max(now, ff) : now);
#else
  as = (isNew(s) -> max(now, floor) : now);
#endif
#endif
#ifdef REFUSE
  if :: i == 1 -> goto undo :: skip fi;
#endif
#ifndef FIRST_READING
  if :: !admits(s, as, CAP(i), IVL(i)) -> as = max(as, clk) :: else fi;        /* too few: another reading, after the word */
#endif
  if
  :: !admits(s, as, CAP(i), IVL(i)) ->
#ifndef REFUSE
     assert(CALLS(me) > CAP(i));                           /* nobody is denied what is there */
#endif
     if :: i == 1 -> goto undo :: else -> goto finish fi
  :: else
  fi;
  nx = as + debt(s, as) + IVL(i);
  atomic {
    if
    :: word(g,x,i) == s ->
       printf("P%d charges limit %d in part %d slot %d as of %d: %d -> %d\n", _pid, i, g, x, as, s, nx);
       assert(keyOf(g,x) == me);                           /* never another key's tenancy */
       assert(as <= clk);                                  /* the as-of reading lies within the call */
       word(g,x,i) = nx
    :: else -> goto charge
    fi
  };
  if :: i == 0 -> a0 = as; i = 1; goto charge :: else -> a1 = as fi;
admitted:
  atomic { ad0[a0*3+me]++; ad1[a1*3+me]++; total[me]++; printf("P%d admitted\n", _pid) };
  goto finish;

undo:
  un = 1; i = 0;
back:
  s = word(g,x,0);
  if
  :: s == MOVED -> goto follow
  :: s < 0 && s != MOVED -> goto finish
  :: else
  fi;
#ifndef NO_KEYCHECK
  if :: keyOf(g,x) != me -> goto finish :: else fi;
#endif
  f = clk;
  nx = I0 - UNIT - (f - now);
  if :: nx <= 0 -> left[me] = left[me] + I0; goto finish :: else -> nx = max(0, s - nx) fi;
  atomic {
    if
    :: word(g,x,0) == s ->
       printf("P%d undoes in part %d slot %d at %d: %d -> %d\n", _pid, g, x, f, s, nx);
       assert(keyOf(g,x) == me);
       word(g,x,0) = nx; left[me] = left[me] + I0 - (s - nx)
    :: else -> goto back
    fi
  };
  goto finish;

follow:                                                    /* word i of a slot in part g was MOVED */
  looks = 0;
again:
  q = dir[bit(me)];
  if
  :: q != g ->
     g = q; x = 0;
     do
     :: x == SLOTS ->                                      /* evicted since */
        if :: un -> goto finish :: else fi;
#ifdef GO_ON
        if :: i == 1 -> a1 = now; goto admitted :: else fi;
#endif
        goto lookup
     :: x < SLOTS && keyOf(g,x) == me -> break
     :: else -> x++
     od
  :: else ->
#ifndef ONE_LOCK_LATER
     assert(looks <= LOOKS);                               /* who has had the lock sees another part */
#endif
     if
     :: looks >= LOOKS -> (!lock[g]); looks = LOOKS + 1; goto again
     :: else -> looks++
     fi;
     q = succ[g*2+bit(me)];
#ifdef NULL_OK
     if :: q == NONE -> goto again :: else fi;
#endif
     assert(q != NONE);
     x = 0;
     do
     :: x == SLOTS ->
#ifdef ABSENT_FIRST
        if :: !un && i == 0 -> goto insert :: else -> goto again fi
#else
#ifdef ABSENT_EARLY
        if :: un -> goto finish :: else -> goto lookup fi
#else
#ifdef ABSENT_INSERT
        if :: un -> goto finish :: else -> goto insert fi
#else
        goto again
#endif
#endif
#endif
     :: x < SLOTS && keyOf(q,x) == me -> printf("P%d goes on in part %d slot %d\n", _pid, q, x); break
     :: else -> x++
     od;
     g = q
  fi;
  if :: un -> goto back :: else -> goto charge fi;

insert:
#ifndef STALE_INSERT
  g = dir[bit(me)];
#endif
  acquire(g);
#if !defined(STALE_INSERT) && !defined(NO_REPLACED)
  if :: gone(g, bit(me)) -> lock[g] = 0; goto lookup :: else fi;
#endif
  d_step {                                                  /* only who has the lock changes keys */
    x = 0; q = NONE;
    do
    :: x == SLOTS -> break
    :: x < SLOTS && keyOf(g,x) == me -> break
    :: else -> if :: keyOf(g,x) == 0 && q == NONE -> q = x :: else fi; x++
    od
  };
  if :: x < SLOTS -> lock[g] = 0; goto lookup :: else fi;
  if :: tries == TRIES -> lock[g] = 0; goto finish :: else -> tries++ fi;      /* overflow */
  x = q;
  if
  :: x == NONE ->
     if :: x = 0 :: x = SLOTS - 1 fi;
     evict(g, x, now);
     if :: !ok -> lock[g] = 0; goto finish :: else fi
  :: else
  fi;
  tags[g]++;
  word(g,x,1) = -tags[g];
  word(g,x,0) = -tags[g];
  atomic {
    printf("P%d claims part %d slot %d for key %d\n", _pid, g, x, me);
    assert(!live[me] && keyOf(g,x) == 0);                  /* the key is nowhere else */
    live[me] = 1; keyOf(g,x) = me
  };
  lock[g] = 0;
  goto lookup;
finish:
  atomic { now = 0; as = 0; s = 0; nx = 0; f = 0; a0 = 0; a1 = 0; g = 0; i = 0; x = 0; q = 0; looks = 0; tries = 0; un = 0; ok = 0; done++ }
}

#define SECOND(r) (r != NONE)
inline setSuccessors() {
  d_step { succ[p*2] = q0; succ[p*2+1] = q1 };
  if :: SECOND(r) -> d_step { succ[r*2] = q0; succ[r*2+1] = q1 } :: else fi
}
inline publish() {
#ifdef DIR_LOCK
  atomic { !dirLock -> dirLock = 1 };
#endif
  if :: wide[p] || b == 0 -> atomic { dir[0] = q0; printf("part %d is in force for bit 0\n", q0) } :: else fi;
  if :: wide[p] || b == 1 || SECOND(r) -> atomic { dir[1] = q1; printf("part %d is in force for bit 1\n", q1) } :: else fi
#ifdef DIR_LOCK
  ; dirLock = 0
#endif
}
inline freeze(i) {
#ifdef NO_FREEZE
  s = word(z,x,i);
#else
#ifdef BLIND_FREEZE
  s = word(z,x,i); word(z,x,i) = MOVED;
#else
  atomic { s = word(z,x,i); word(z,x,i) = MOVED };
#endif
#endif
#ifdef SUCC_LATE
  if :: succ[p*2] == NONE -> setSuccessors() :: else fi;
#endif
  word(q,y,i) = s
}

/* Moves parts, and evicts, in any order, the lock held. b: the bit it got the part by. p, r: sources. q0, q1: successors by bit. */
proctype Worker() {
  byte mv, ev, kind, b, p, r, q, q0, q1, x, y, z, n; short s, f, e; bool ok;
next:
  do
  :: ev < EVICTS ->
     ev++;
#ifdef SIDES
     b = _pid & 1;
#else
     if :: b = 0 :: dir[0] != dir[1] -> b = 1 fi;
#endif
     p = dir[b];
     if :: x = 0 :: SLOTS > 1 -> x = 1 fi;
     acquire(p);
     e = clk;
     if :: !gone(p,b) && keyOf(p,x) != 0 -> evict(p, x, e) :: else fi;
     atomic { lock[p] = 0; ok = 0; s = 0; f = 0; e = 0; p = 0; x = 0; b = 0 }
  :: mv < MOVES ->
     mv++; r = NONE; b = 0;
     if
#ifndef NO_GROW
     :: kind = 'g'; p = dir[0]
     :: atomic { dir[0] != dir[1] -> kind = 'g'; b = 1 }; p = dir[1]
#endif
#ifndef NO_SPLIT
     :: atomic { dir[0] == dir[1] -> kind = 's'; p = dir[0] }
#endif
#ifndef NO_MERGE
     :: atomic { dir[0] != dir[1] -> kind = 'm'; p = dir[0] }; q = dir[1]
#endif
     :: else -> goto next
     fi;
     acquire(p);
     if :: gone(p,b) -> goto unlock :: else fi;
#ifndef HALF_PUBLISHED
     /* every entry of the part's range names the part: who made it is through */
     if :: wide[p] && dir[0] != p -> goto unlock :: else fi;
     if :: wide[p] && dir[1] != p -> goto unlock :: else fi;
#endif
     if :: (kind == 'm') == wide[p] && kind != 'g' -> goto unlock :: else fi;
     if
     :: kind == 'm' ->
        if :: q == p -> goto unlock :: else fi;
#ifndef ONE_LOCK_MERGE
        acquire(q);
#endif
        r = q;                                              /* from here on its lock is held */
        if :: gone(r,1) || wide[r] -> goto unlock :: else fi;
        d_step {                                            /* the successor has room for both */
          n = 0; x = 0;
          do :: x < SLOTS -> if :: keyOf(p,x) != 0 -> n++ :: else fi; if :: keyOf(r,x) != 0 -> n++ :: else fi; x++ :: else -> break od;
          x = 0
        };
        if :: n > SLOTS -> goto unlock :: else fi
     :: else
     fi;
     d_step {                                               /* allocate; n: the tag counter that goes along */
#ifdef TAGS_RESTART
       n = 0;
#else
       n = tags[p];
       if :: SECOND(r) -> n = max(n, tags[r]) :: else fi;
#endif
       q0 = parts; parts++; tags[q0] = n;
       wide[q0] = (kind == 'm' || (kind == 'g' && wide[p]));
       if :: kind == 's' -> q1 = parts; parts++; tags[q1] = n :: else -> q1 = q0 fi;
#ifdef BORN_LOCKED
       lock[q0] = 1; lock[q1] = 1;
#endif
       n = 0
     };
#ifndef SUCC_LATE
     setSuccessors();
#endif
#ifdef PUB_EARLY
     publish();
#endif
     z = p;
     do
     :: x = 0;
        do
        :: x < SLOTS ->
           if
           :: keyOf(z,x) != 0 ->
              d_step { q = (bit(keyOf(z,x)) == 0 -> q0 : q1); y = 0; do :: y < SLOTS && keyOf(q,y) != 0 -> y++ :: else -> break od; assert(y < SLOTS) };
#ifdef KEY_FIRST
              keyOf(q,y) = keyOf(z,x);
#endif
#ifdef W1_FIRST
              freeze(1); freeze(0);
#else
              freeze(0); freeze(1);
#endif
#ifndef KEY_FIRST
              keyOf(q,y) = keyOf(z,x)
#endif
           :: else
           fi;
           x++
        :: else -> break
        od;
        if :: SECOND(r) && z == p -> z = r :: else -> break fi
     od;
#ifdef SUCC_LATE
     if :: succ[p*2] == NONE -> setSuccessors() :: else fi;
#endif
#ifndef PUB_EARLY
     publish();
#endif
     if :: SECOND(r) -> replaced[r] = 1 :: else fi;
     replaced[p] = 1;
#ifdef BORN_LOCKED
     atomic { lock[q0] = 0; lock[q1] = 0 };
#endif
unlock:
#ifndef ONE_LOCK_MERGE
     if :: SECOND(r) -> lock[r] = 0 :: else fi;
#endif
     atomic { lock[p] = 0; kind = 0; b = 0; p = 0; r = 0; q = 0; q0 = 0; q1 = 0; x = 0; y = 0; z = 0; n = 0; s = 0 }
  :: else -> break
  od;
  atomic { mv = 0; ev = 0; done++ }
}

active proctype Clock() { end: do :: clk < T -> atomic { clk++; printf("clock %d\n", clk) } od }

init {
  short a, b, s0, s1; byte i, x, n;
  d_step {
    parts = 1; dir[0] = 0; dir[1] = 0; wide[0] = 1;
#ifdef START_SPLIT
    parts = 2; dir[1] = 1; wide[0] = 0;
#endif
#ifdef LIVE_K
    tags[0] = 1; keyOf(0,0) = K; live[K] = 1; word(0,0,0) = -1; word(0,0,1) = -1;
#endif
#ifdef LIVE_J
    x = (dir[0] == dir[1] -> SLOTS - 1 : 0);
    tags[dir[1]]++; keyOf(dir[1],x) = J; live[J] = 1; word(dir[1],x,0) = -tags[dir[1]]; word(dir[1],x,1) = -tags[dir[1]]
#endif
  };
  atomic {
    i = 0; do :: i < NK -> run Caller(K); i++ :: else -> break od;
    i = 0; do :: i < NJ -> run Caller(J); i++ :: else -> break od;
    i = 0; do :: i < WORKERS -> run Worker(); i++ :: else -> break od
  };
  (done == NK + NJ + WORKERS);
  d_step {
    for (i : K .. J) {
      a = 0;
      do :: a < W -> b = a; s0 = 0; s1 = 0;
           do :: b < W -> s0 = s0 + ad0[b*3+i]; s1 = s1 + ad1[b*3+i];
                assert(s0*I0 <= C0*I0 + (b - a)); assert(s1*I1 <= C1*I1 + (b - a)); b++ :: else -> break od;
           a++
         :: else -> break od;
      b = dir[bit(i)]; n = 0; a = 0;
      assert(!replaced[b] && !lock[b]);
      for (x : 0 .. SLOTS - 1) { if :: keyOf(b,x) == i -> n++; a = x :: else fi }
      assert(n == live[i]);                                 /* once in the part in force, or not at all */
#if T == 0
      if
      :: n > 0 && !evicted[i] ->                            /* exactly what was admitted, and nothing else */
         assert(total[i] == 0 || word(b,a,1) == total[i]*I1);
         assert(total[i] > 0 || word(b,a,1) < 0);
         assert(total[i]*I0 + left[i] == max(word(b,a,0), 0))
      :: else
      fi
#endif
    }
  }
}
