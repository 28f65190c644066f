package io.headgate.http;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes the header fields that tell a client how it stands. Thread-safe. */
final class RateLimitFields {

    /*
     * draft-ietf-httpapi-ratelimit-headers-10 and -11, as structured fields (RFC 9651):
     *   RateLimit-Policy: "burst";q=20;w=2         q = capacity, w = seconds in which an empty bucket fills
     *   RateLimit:        "burst";r=19;t=2         r = permits left, t = seconds in which so many come
     *   RateLimit:        "burst";r=0;t=1          t = seconds to the next permit, where none is left or the request is denied
     * Who spreads r over t sends as often as permits come. Fields are added, never set, so that two filters or a handler combine
     * into one list; those of the legacy style are no lists, and are set. Behind authentication, limits in place of those at arrival are set as well. All seconds are rounded up: who waits that long has
     * waited long enough.
     */

    /** The largest integer of a structured field. */
    private static final long LARGEST = 999_999_999_999_999L;
    /** Limits may be replaced while running; what is kept of them must not grow with that. */
    private static final int MAX_CACHED = 256;

    private static final String REMAINING = "X-RateLimit-Remaining";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

    private final HeaderStyle style;
    private final long jitterSeconds;
    private final InstantSource clock;
    private final Map<Limit, Item> items = new ConcurrentHashMap<>();

    /** What the fields say of a limit whatever its state: its name as a string, its item of the policy, and how fast permits come. */
    private record Item(String name, String policy, double nanosPerPermit) {}

    /** The jitter is the most that is added to {@code Retry-After} at random, in whole seconds; zero for none. */
    RateLimitFields(HeaderStyle style, Duration jitter) {
        this(style, jitter, InstantSource.system());
    }

    RateLimitFields(HeaderStyle style, Duration jitter, InstantSource clock) {
        this.style = style;
        this.clock = clock;
        this.jitterSeconds = jitter.toSeconds();
    }

    void add(Verdict verdict, HttpResponse response) {
        Decision decision = verdict.said();
        if (decision == null || response.isCommitted()) {
            return;
        }
        boolean denied = !verdict.outcome().passes();
        List<LimitStatus> limits = verdict.limits();
        if (!limits.isEmpty()) {
            boolean anew = verdict.replacesWhatWasTold();
            switch (style) {
                case DRAFT_11 -> draft(response, limits, denied, anew);
                case LEGACY, LEGACY_UNIX -> legacy(response, StrictestLimit.of(limits, verdict.permits()), anew);
                case NONE -> {}
            }
        }
        if (denied) {
            // Where waiting helps, the client learns how long, in every mode.
            decision.retryAfter().ifPresent(wait -> response.setHeader("Retry-After", retryAfter(wait)));
        }
    }

    private void draft(HttpResponse response, List<LimitStatus> limits, boolean denied, boolean anew) {
        // Mostly there is one limit, whose policy is the whole field: nothing is to be made then.
        String policy = "";
        StringBuilder state = new StringBuilder(limits.size() * 24);
        for (LimitStatus status : limits) {
            Item item = itemOf(status.limit());
            if (state.isEmpty()) {
                policy = item.policy();
            } else {
                policy += ", " + item.policy();
                state.append(", ");
            }
            state.append(item.name()).append(";r=").append(clamp(status.remaining()));
            long seconds = denied ? waitSeconds(status) : paceSeconds(status, item.nanosPerPermit());
            if (seconds > 0) {
                state.append(";t=").append(clamp(seconds));
            }
        }
        if (anew) {
            response.setHeader("RateLimit-Policy", policy);
            response.setHeader("RateLimit", state.toString());
        } else {
            response.addHeader("RateLimit-Policy", policy);
            response.addHeader("RateLimit", state.toString());
        }
    }

    /** Of a denial: until the next permit. Not of a limit that does not deny, whose t could be later than Retry-After. */
    private static long waitSeconds(LimitStatus status) {
        return status.violated() ? seconds(status.nextPermit()) : 0;
    }

    /** The time in which as many permits come as are left, and until the next one at least. */
    private static long paceSeconds(LimitStatus status, double nanosPerPermit) {
        double pace = Math.ceil(status.remaining() * nanosPerPermit / 1e9);
        return Math.max((long) pace, seconds(status.nextPermit()));
    }

    /** There is room for one limit: of two filters, the one that denies has it, else the one with fewer permits left. */
    private void legacy(HttpResponse response, LimitStatus status, boolean anew) {
        if (!anew && !status.violated() && isScarcer(response.header(REMAINING), status)) {
            return;
        }
        response.setHeader("X-RateLimit-Limit", text(status.limit().capacity()));
        response.setHeader(REMAINING, text(status.remaining()));
        long reset = seconds(status.resetAfter());
        response.setHeader("X-RateLimit-Reset", text(style == HeaderStyle.LEGACY_UNIX ? unixTime(reset) : reset));
    }

    /** Whether another filter has told of fewer permits. */
    private static boolean isScarcer(@Nullable String told, LimitStatus status) {
        return told != null && NUMBER.matcher(told).matches() && Long.parseLong(told) <= status.remaining();
    }

    private long unixTime(long secondsFromNow) {
        return seconds(Duration.ofMillis(clock.millis())) + clamp(secondsFromNow);
    }

    private Item itemOf(Limit limit) {
        Item known = items.get(limit);
        if (known != null) {
            return known;
        }
        String name = quoted(limit.name());
        Duration refill = limit.refillTime();
        long window = Math.max(1, clamp(seconds(refill)));
        String policy = name + ";q=" + clamp(limit.capacity()) + ";w=" + window;
        Item made = new Item(name, policy, StrictestLimit.nanos(refill) / limit.capacity());
        if (items.size() < MAX_CACHED) {
            items.put(limit, made);
        }
        return made;
    }

    private String retryAfter(Duration wait) {
        long jitter = jitterSeconds == 0 ? 0 : ThreadLocalRandom.current().nextLong(jitterSeconds + 1);
        return text(Math.max(1, clamp(seconds(wait))) + jitter);
    }

    /** A string of RFC 9651, which is one of JSON as well: printable ASCII with two characters escaped. */
    static String quoted(String name) {
        StringBuilder out = new StringBuilder(name.length() + 2).append('"');
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(c);
        }
        return out.append('"').toString();
    }

    private static long seconds(Duration duration) {
        long seconds = duration.toSeconds();
        return duration.toNanosPart() > 0 && seconds < Long.MAX_VALUE ? seconds + 1 : seconds;
    }

    private static long clamp(long value) {
        return Math.min(value, LARGEST);
    }

    private static String text(long value) {
        return Long.toString(clamp(value));
    }
}
