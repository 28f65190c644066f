package io.headgate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.internal.QuotedText;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitTest {

    @ParameterizedTest
    @CsvSource({
        "100/minute, 100-per-60s, 100, PT1M, 100",
        "10/s burst 20, 10-per-1s, 10, PT1S, 20",
        "5/250ms, 5-per-250ms, 5, PT0.25S, 5",
        "1000/hour burst 50, 1000-per-3600s, 1000, PT1H, 50",
        "1/30days, 1-per-2592000s, 1, PT720H, 1",
        "3/7us, 3-per-7us, 3, PT0.000007S, 3",
        "1/ns, 1-per-1ns, 1, PT0.000000001S, 1",
        "1000/400d burst 5, 1000-per-34560000s, 1000, PT9600H, 5",
        "2/1500ms, 2-per-1500ms, 2, PT1.5S, 2",
        "7/2 MINUTES BURST 9, 7-per-120s, 7, PT2M, 9",
        "' 1 / m ', 1-per-60s, 1, PT1M, 1",
        "1/h, 1-per-3600s, 1, PT1H, 1",
        "1/d, 1-per-86400s, 1, PT24H, 1",
        "login=5/minute burst 10, login, 5, PT1M, 10",
        "'  two words = 1 / m ', two words, 1, PT1M, 1",
        "a\"b'c\\d;e=1/s, 'a\"b''c\\d;e', 1, PT1S, 1",
        "100/minute=1/s, 100/minute, 1, PT1S, 1",
    })
    void reads(String text, String name, long permits, Duration period, long capacity) {
        assertThat(Limit.parse(text)).isEqualTo(new Limit(name, permits, period, capacity));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "100",
                "100/",
                "/minute",
                "100/fortnight",
                "100 per minute",
                "-1/s",
                "1.5/s",
                "1/s burst",
                "1/s burst -1",
                "1/s burst 0",
                "0/s",
                "1/0s",
                "1/s burst 2 burst 3",
                "1/s, 2/m",
                "١/s",
                "1/ſ",
                "99999999999999999999/s",
                "2/ns",
                "1000000001/s",
                "1/366days",
                "1/day burst 366",
                "1/s;",
                "1\\s",
                "1/999999999999999999days",
                "=",
                "=1/s",
                " \t=1/s",
                "a=",
                "a==1/s",
                "a=b=1/s",
                "1/s=",
                "naïve=1/s",
                "a\nb=1/s",
                "tab\tbed=1/s",
            })
    void refusesAndShowsTheAcceptedForm(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse(text))
                .withMessageContaining(QuotedText.of(text))
                .withMessageContaining("[NAME=]PERMITS/[COUNT]UNIT [burst CAPACITY]");
    }

    @Test
    void takesItsNameFromItsRate() {
        assertThat(Limit.of(100, Duration.ofSeconds(60)).name()).isEqualTo("100-per-60s");
        assertThat(Limit.of(100, Duration.ofSeconds(60)).burst(7).name()).isEqualTo("100-per-60s");
        assertThat(Limit.parse("1/s").named("burst").name()).isEqualTo("burst");
    }

    @Test
    void isOneOfSoManyPermitsAUnit() {
        assertThat(Limit.perSecond(10)).isEqualTo(Limit.parse("10/s"));
        assertThat(Limit.perMinute(100)).isEqualTo(Limit.parse("100/minute"));
        assertThat(Limit.perHour(1_000).burst(50)).isEqualTo(Limit.parse("1000/hour burst 50"));
        assertThat(Limit.perDay(5).named("mails")).isEqualTo(Limit.parse("mails=5/day"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.perSecond(0))
                .withMessageContaining("permits must be at least 1, not 0");
    }

    /** Any printable name is read back, whatever it has of quotes, separators and what looks like a limit. */
    @Test
    void readsAnyPrintableName() {
        Random random = new Random(11);
        String often = "\"'`\\ ,;:/=bursts1";
        for (int n = 0; n < 100_000; n++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length >= 0; length--) {
                text.append(
                        random.nextBoolean()
                                ? often.charAt(random.nextInt(often.length()))
                                : (char) (' ' + random.nextInt('~' - ' ' + 1)));
            }
            String name = text.toString().replace("=", "").strip();
            if (!name.isEmpty()) {
                Limit limit = Limit.perMinute(7).burst(9).named(name);
                assertThat(Limit.parse(name + "=7/minute burst 9")).isEqualTo(limit);
                assertThat(Limit.parse("  " + name + "\t= 7/minute burst 9")).isEqualTo(limit);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "naïve", "a\nb", "tab\t", "\u007f"})
    void refusesNamesThatAHeaderCannotCarry(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse("1/s").named(name))
                .withMessageContaining("printable ASCII");
    }

    @Test
    void refusesWhatABucketCannotHold() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(0, Duration.ofSeconds(1)))
                .withMessageContaining("permits must be at least 1, not 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ZERO))
                .withMessageContaining("period");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofSeconds(-1)))
                .withMessageContaining("period");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(2, Duration.ofNanos(1)))
                .withMessageContaining("one permit a nanosecond");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofDays(366)))
                .withMessageContaining("365 days");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.of(1, Duration.ofSeconds(Long.MAX_VALUE)))
                .withMessageContaining("365 days");
        assertThat(Limit.of(3, Duration.ofDays(365)).capacity()).isEqualTo(3);
        assertThat(new Limit("slow", 1000, Duration.ofDays(200_000), 1).refillTime())
                .isEqualTo(Duration.ofDays(200));
    }

    @Test
    void refillTimeIsRoundedUp() {
        assertThat(Limit.parse("10/s burst 20").refillTime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(Limit.parse("3/s burst 1").refillTime()).isEqualTo(Duration.ofNanos(333_333_334));
    }

    @Test
    void eachUnitThatAnErrorListsIsAccepted() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse("1/fortnight"))
                .satisfies(e -> {
                    Matcher list =
                            Pattern.compile("UNIT one of ((?:[a-z]+, )+)those").matcher(e.getMessage());
                    assertThat(list.find()).isTrue();
                    List<String> units = new ArrayList<>(List.of(list.group(1).split(", ")));
                    assertThat(units)
                            .containsExactly(
                                    "ns",
                                    "nanosecond",
                                    "us",
                                    "microsecond",
                                    "ms",
                                    "millisecond",
                                    "s",
                                    "sec",
                                    "second",
                                    "m",
                                    "min",
                                    "minute",
                                    "h",
                                    "hour",
                                    "d",
                                    "day");
                    units.forEach(unit -> {
                        Limit limit = Limit.parse("1/" + unit);
                        assertThat(Limit.parse("1/2" + unit.toUpperCase(java.util.Locale.ROOT))
                                        .period())
                                .isEqualTo(limit.period().multipliedBy(2));
                        if (unit.length() > 2) {
                            assertThat(Limit.parse("1/" + unit + "s")).isEqualTo(limit);
                        } else {
                            assertThatIllegalArgumentException().isThrownBy(() -> Limit.parse("1/" + unit + "ss"));
                        }
                    });
                });
    }

    /** As quadratic work this would take hours. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "@!",
                "1@!",
                "1/@!",
                "1/1@!",
                "1/s@!",
                "1/s burst@!",
                "1/s burst 1@!",
                "@1/@1@!",
                "1/s@1/s@",
                "@!=1/s@!",
                "a=@!"
            })
    @Timeout(60)
    void readsNoTextMoreThanAFewTimes(String form) {
        for (String filling : List.of(" ", "\t", "\n", "1", "s", "s ", "1 ", " burst", "/")) {
            String text = form.replace("@", filling.repeat(1_000_000));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Limit.parse(text))
                    .withMessageStartingWith(QuotedText.of(text) + " is not a limit; the form is ");
        }
        assertThat(Limit.parse(" ".repeat(1_000_000) + "1/s" + "\n".repeat(1_000_000)))
                .isEqualTo(Limit.parse("1/s"));
    }

    @Test
    void messagesAreOneShortLine() {
        String hostile = "1/s\r\nINFO all is well\u001b[2J\u202e" + "x".repeat(1_000_000);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse(hostile))
                .satisfies(LimitTest::isOneShortLine);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse("1/s").named(hostile))
                .satisfies(LimitTest::isOneShortLine);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse(hostile + "=1/s"))
                .satisfies(LimitTest::isOneShortLine);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limit.parse("1/999999999999999999d"))
                .withMessageContaining("the period is too long");
    }

    private static void isOneShortLine(Throwable e) {
        assertThat(e.getMessage()).hasSizeLessThan(600).matches("[ -~]+").contains("1/s\\u000d\\u000aINFO");
    }

    /** The bucket counts in units of its own, and it is the one that is right. */
    @Test
    void refillTimeIsWhatAnEmptyBucketTakes() {
        assertThat(Limit.parse("980000000/10s").refillTime()).isEqualTo(Duration.ofNanos(10_006_718_750L));
        assertThat(Limit.parse("7/365d").refillTime())
                .isEqualTo(Duration.ofDays(365).plusNanos(6));
        Random random = new Random(8);
        for (int n = 0; n < 100_000; n++) {
            long nanos = logarithmic(random, 62);
            long permits = 1 + Math.floorMod(logarithmic(random, 62), nanos);
            BigInteger most = BigInteger.valueOf(Duration.ofDays(365).toNanos())
                    .multiply(BigInteger.valueOf(permits))
                    .divide(BigInteger.valueOf(nanos));
            if (most.signum() > 0) {
                long mostPermits = most.min(BigInteger.valueOf(Long.MAX_VALUE)).longValueExact();
                long capacity = n % 2 == 0 ? mostPermits : 1 + Math.floorMod(logarithmic(random, 62), mostPermits);
                refillsInTime(new Limit("random", permits, Duration.ofNanos(nanos), capacity));
            }
        }
    }

    private static void refillsInTime(Limit limit) {
        TokenBucket bucket = new TokenBucket(limit);
        long refill = limit.refillTime().toNanos();
        long state = bucket.take(TokenBucket.NEW, limit.capacity(), 1);
        assertThat(bucket.nanosUntilFull(state, 1)).as(limit.toString()).isEqualTo(refill);
        assertThat(bucket.isFull(state, refill)).as(limit.toString()).isFalse();
        assertThat(bucket.isFull(state, 1 + refill)).as(limit.toString()).isTrue();
        BigDecimal permits = BigDecimal.valueOf(limit.permits());
        BigDecimal exact = BigDecimal.valueOf(limit.capacity())
                .multiply(new BigDecimal(Limit.nanos(limit.period())))
                .divide(permits, 9, RoundingMode.CEILING);
        boolean slow =
                permits.multiply(BigDecimal.valueOf(25_000)).compareTo(new BigDecimal(Limit.nanos(limit.period())))
                        <= 0;
        BigDecimal most =
                exact.multiply(new BigDecimal(slow ? "1.00001" : "1.25")).add(BigDecimal.ONE);
        assertThat(BigDecimal.valueOf(refill))
                .as(limit.toString())
                .isBetween(exact.setScale(0, RoundingMode.FLOOR), most);
    }

    /** 1 or more, of any number of bits up to the most. */
    private static long logarithmic(Random random, int mostBits) {
        return 1 + (random.nextLong() >>> (64 - 1 - random.nextInt(mostBits)));
    }
}
