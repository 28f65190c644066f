package io.headgate.plan;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.headgate.net.AddressRange;
import io.headgate.net.ClientAddress;
import io.headgate.testing.FakeTicker;
import io.headgate.testing.LogRecords;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files on a real file system, polled by hand. */
class AddressPlansTest {

    private static final String RANGE_FORM =
            "; the form is ADDRESS or ADDRESS/PREFIX, such as \"10.0.0.0/8\", \"2001:db8::/32\" or \"192.0.2.1\"";
    private static final String KEPT = ". The 1 ranges that were read before stay in use";

    @TempDir
    private Path folder;

    private final FakeTicker ticker = new FakeTicker();
    private final List<String> told = new ArrayList<>();
    private final ScheduledThreadPoolExecutor idle = new ScheduledThreadPoolExecutor(1);
    private final LogRecords log = new LogRecords(AddressPlans.class);
    private Path file = Path.of("");

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("partners.txt");
    }

    @AfterEach
    void close() {
        idle.shutdownNow();
        log.close();
    }

    /** Polls are an hour apart, so that only the test polls. */
    private AddressPlans.Builder builder() {
        return AddressPlans.builder()
                .ticker(ticker)
                .onWarning(told::add)
                .scheduler(idle)
                .pollInterval(Duration.ofHours(1));
    }

    private AddressPlans partners(String content) throws IOException {
        Files.writeString(file, content);
        return builder().plan("partners", file).build();
    }

    private static @Nullable String plan(AddressPlans plans, String address) {
        return plans.planOf(ClientAddress.parse(address));
    }

    private String warning(String fault) {
        return "Plan \"partners\", file " + file + ": " + fault;
    }

    private static RangesFileStatus only(AddressPlans plans) {
        assertThat(plans.files()).hasSize(1);
        return plans.files().get(0);
    }

    private static void pollTwice(AddressPlans plans) {
        plans.poll();
        plans.poll();
    }

    @Test
    void plansFromCodeAndFromFiles() throws IOException {
        Path crawlers = Files.writeString(
                folder.resolve("crawlers.json"), "{\"prefixes\": [{\"ipv6Prefix\": \"2001:db8:10::/64\"}]}");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans = builder()
                .plan("partners", AddressRange.parse("2001:db8::/32"))
                .plan("partners", file)
                .plan("crawlers", crawlers)
                .plan("office", AddressRange.parse("192.0.2.7"))
                .build();
        assertThat(plans.size()).isEqualTo(4);
        assertThat(plan(plans, "192.0.2.8")).isEqualTo("partners");
        assertThat(plan(plans, "192.0.2.7")).isEqualTo("office");
        assertThat(plan(plans, "2001:db8::1")).isEqualTo("partners");
        assertThat(plans.apply(ClientAddress.parse("2001:db8:10::1"))).isEqualTo("crawlers");
        assertThat(plan(plans, "198.51.100.1")).isNull();
        assertThat(plans.files())
                .containsExactly(
                        new RangesFileStatus("partners", file, 1, Optional.empty(), 0, Duration.ZERO),
                        new RangesFileStatus("crawlers", crawlers, 1, Optional.empty(), 0, Duration.ZERO));
        assertThat(told).isEmpty();
    }

    @Test
    void withoutPlansNobodyHasOneAndNothingIsPolled() {
        AddressPlans plans = builder().build();
        assertThat(plan(plans, "192.0.2.1")).isNull();
        assertThat(idle.getQueue()).isEmpty();
        plans.close();
    }

    @Test
    void newContentIsTakenAtTheSecondPollThatFindsIt() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        Files.writeString(file, "198.51.100.0/24\n203.0.113.0/24\n");
        plans.poll();
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(plan(plans, "198.51.100.1")).isNull();
        plans.poll();
        assertThat(plan(plans, "192.0.2.1")).isNull();
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(only(plans).ranges()).isEqualTo(2);
        assertThat(told).isEmpty();
        assertThat(log.messages(Level.INFO))
                .containsExactly("Plan \"partners\", file " + file + ": 2 ranges are in use from now on");
    }

    /** As the kubelet does it: files lie behind two links, and the outer one is exchanged. */
    @Test
    void aConfigMapIsExchanged() throws IOException {
        Path first = Files.createDirectory(folder.resolve("..2026_11_27_1"));
        Files.writeString(first.resolve("partners.txt"), "192.0.2.0/24\n");
        Files.createSymbolicLink(folder.resolve("..data"), Path.of("..2026_11_27_1"));
        Files.createSymbolicLink(file, Path.of("..data", "partners.txt"));
        AddressPlans plans = builder().plan("partners", file).build();
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");

        Path second = Files.createDirectory(folder.resolve("..2026_11_27_2"));
        Files.writeString(second.resolve("partners.txt"), "198.51.100.0/24\n");
        // Neither the size nor the time tells the new file from the old one.
        Files.setLastModifiedTime(
                second.resolve("partners.txt"), Files.getLastModifiedTime(first.resolve("partners.txt")));
        Files.createSymbolicLink(folder.resolve("..data_tmp"), Path.of("..2026_11_27_2"));
        Files.move(folder.resolve("..data_tmp"), folder.resolve("..data"), ATOMIC_MOVE);
        Files.delete(first.resolve("partners.txt"));
        Files.delete(first);
        pollTwice(plans);
        assertThat(plan(plans, "192.0.2.1")).isNull();
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(told).isEmpty();
    }

    /** What is written so far would be a list, of half of all addresses. */
    @Test
    void aHalfWrittenFileIsNeverInUse() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        Files.writeString(file, "192.0.2.0/1");
        plans.poll();
        assertThat(plan(plans, "223.0.0.1")).isNull();
        Files.writeString(file, "192.0.2.0/16\n");
        plans.poll();
        assertThat(plan(plans, "192.0.3.1")).isNull();
        plans.poll();
        assertThat(plan(plans, "192.0.3.1")).isEqualTo("partners");
        assertThat(plan(plans, "223.0.0.1")).isNull();
        assertThat(told)
                .containsExactly(warning("bits beyond a prefix are ignored: line 1: 192.0.2.0/16 means 192.0.0.0/16"));
    }

    @Test
    void aFileThatIsMissingForOnePollIsNoFault() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        for (int i = 0; i < 5; i++) {
            Files.delete(file);
            plans.poll();
            assertThat(only(plans).healthy()).isTrue();
            Files.writeString(file, "192.0.2.0/24\n");
            plans.poll();
        }
        assertThat(only(plans).failures()).isZero();
        assertThat(told).isEmpty();
    }

    @Test
    void contentThatComesAndGoesIsNotTaken() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        for (int i = 0; i < 5; i++) {
            Files.writeString(file, "198.51.100.0/24\n");
            plans.poll();
            Files.writeString(file, "192.0.2.0/24\n");
            plans.poll();
        }
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(only(plans).healthy()).isTrue();
        assertThat(told).isEmpty();
    }

    @Test
    void contentThatNeverSettlesIsAFault() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        for (int i = 0; i < 6; i++) {
            Files.writeString(file, "198.51.100." + i % 2 + "/32\n");
            plans.poll();
            assertThat(only(plans).healthy()).as("poll %s", i).isEqualTo(i < 2);
        }
        String fault = "its content was another at each of the last 3 polls;"
                + " write it into another file and rename that to this one";
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(only(plans).fault()).contains(fault);
        assertThat(only(plans).failures()).isEqualTo(4);
        assertThat(told).containsExactly(warning(fault + KEPT));

        plans.poll();
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(only(plans).healthy()).isTrue();
    }

    private interface Damage {
        void to(Path file) throws IOException;
    }

    /** Damages the file for many polls, then writes the content again that is still in use, then another. */
    private void assertKept(Damage damage, String fault) throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        told.clear();
        ticker.advance(Duration.ofSeconds(7));
        plans.poll();
        assertThat(only(plans).age()).isZero();
        Files.delete(file);
        damage.to(file);
        for (int poll = 1; poll <= 10; poll++) {
            ticker.advance(Duration.ofSeconds(5));
            plans.poll();
            assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
            assertThat(plans.size()).isEqualTo(1);
            assertThat(only(plans))
                    .isEqualTo(new RangesFileStatus(
                            "partners",
                            file,
                            1,
                            poll == 1 ? Optional.empty() : Optional.of(fault),
                            poll - 1L,
                            Duration.ofSeconds(5L * poll)));
        }
        assertThat(told).containsExactly(warning(fault + KEPT));

        Files.deleteIfExists(file);
        Files.writeString(file, "192.0.2.0/24\n");
        plans.poll();
        assertThat(only(plans))
                .isEqualTo(new RangesFileStatus("partners", file, 1, Optional.empty(), 9, Duration.ZERO));
        Files.writeString(file, "198.51.100.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(told).hasSize(1);
        plans.close();
    }

    private void assertNoStart(Damage damage, String fault) throws IOException {
        Files.deleteIfExists(file);
        damage.to(file);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().plan("partners", file).build())
                .withMessage(warning(fault));
        assertThat(idle.getQueue()).isEmpty();
        Files.deleteIfExists(file);
    }

    private void assertFault(Damage damage, String fault) throws IOException {
        assertNoStart(damage, fault);
        assertKept(damage, fault);
    }

    @Test
    void aMissingFile() throws IOException {
        assertFault(missing -> {}, "it does not exist");
        assertFault(link -> Files.createSymbolicLink(link, Path.of("gone")), "it does not exist");
    }

    @Test
    void anEmptyFile() throws IOException {
        assertFault(empty -> Files.writeString(empty, ""), "it is empty");
    }

    @Test
    void aFileOfCommentsAlone() throws IOException {
        assertFault(
                comments -> Files.writeString(comments, "# nobody\n"),
                "no address range is in it; the form is one ADDRESS or ADDRESS/PREFIX a line, with comments after #,"
                        + " or JSON such as"
                        + " {\"prefixes\": [{\"ipv4Prefix\": \"192.0.2.0/24\"}, {\"ipv6Prefix\": \"2001:db8::/32\"}]}");
    }

    @Test
    void aDirectory() throws IOException {
        assertFault(Files::createDirectory, "it is a directory");
    }

    /** A loop of links is unreadable even for the superuser. */
    @Test
    void anUnreadableFile() throws IOException {
        assertFault(
                loop -> Files.createSymbolicLink(loop, loop),
                "it cannot be read: FileSystemException, \"Too many levels of symbolic links or unable to access attributes\""
                        + " (the first 64 of 81 characters)");
    }

    @Test
    void aFileThatIsTooLarge() throws IOException {
        assertFault(
                large -> {
                    try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
                        sparse.setLength(FileContent.LARGEST + 1L);
                    }
                },
                "it has more than 16777216 bytes");
    }

    @Test
    void aBadLine() throws IOException {
        assertFault(
                bad -> Files.writeString(bad, "192.0.2.0/24\nlocalhost\n"),
                "line 2: \"localhost\" is not an address range: it does not begin with an address" + RANGE_FORM);
    }

    @Test
    void eachChangeOfTheFaultIsWarnedOfOnce() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        Files.writeString(file, "a\n");
        pollTwice(plans);
        pollTwice(plans);
        Files.writeString(file, "10.0.0.0/8\na\n");
        pollTwice(plans);
        Files.delete(file);
        pollTwice(plans);
        String text = "\"a\" is not an address range: it does not begin with an address" + RANGE_FORM;
        assertThat(told)
                .containsExactly(
                        warning("line 1: " + text + KEPT),
                        warning("line 2: " + text + KEPT),
                        warning("it does not exist" + KEPT));
        assertThat(log.warnings()).isEqualTo(told);
    }

    @Test
    void aRangeOfTwoPlansAtTheStart() throws IOException {
        Files.writeString(file, "192.0.2.0/24\n10.0.0.0/8\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder()
                        .plan("crawlers", AddressRange.parse("10.0.0.0/8"))
                        .plan("partners", file)
                        .build())
                .withMessage(warning("10.0.0.0/8 is both crawlers and partners; a range has one value"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder()
                        .plan("crawlers", AddressRange.parse("10.0.0.0/8"))
                        .plan("partners", AddressRange.parse("10.0.0.0/8"))
                        .build())
                .withMessage("10.0.0.0/8 is both crawlers and partners; a range has one value");
    }

    @Test
    void newContentThatContradictsAnotherPlanWaits() throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers.txt"), "10.0.0.0/8\n");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans =
                builder().plan("crawlers", crawlers).plan("partners", file).build();
        Files.writeString(file, "10.0.0.0/8\n198.51.100.0/24\n");
        pollTwice(plans);
        pollTwice(plans);
        assertThat(plan(plans, "10.0.0.1")).isEqualTo("crawlers");
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(plan(plans, "198.51.100.1")).isNull();
        String fault = "10.0.0.0/8 is both crawlers and partners; a range has one value";
        assertThat(told).containsExactly(warning(fault + KEPT));
        assertThat(plans.files().get(0).healthy()).isTrue();
        assertThat(plans.files().get(1).fault()).contains(fault);
        assertThat(plans.files().get(1).failures()).isEqualTo(3);

        Files.writeString(crawlers, "203.0.113.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "10.0.0.1")).isEqualTo("partners");
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(plan(plans, "203.0.113.1")).isEqualTo("crawlers");
        assertThat(plans.files().get(1).healthy()).isTrue();
        assertThat(told).hasSize(1);
    }

    @Test
    void aRangeMayMoveFromOneFileToAnother() throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers.txt"), "10.0.0.0/8\n");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans =
                builder().plan("partners", file).plan("crawlers", crawlers).build();
        Files.writeString(file, "10.0.0.0/8\n");
        Files.writeString(crawlers, "192.0.2.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "10.0.0.1")).isEqualTo("partners");
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("crawlers");
        assertThat(told).isEmpty();
    }

    /** A third file is at fault: the move is no less a move, and nobody of it is without a plan. */
    @Test
    void aRangeMayMoveWhileAnotherFileContradicts() throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers.txt"), "10.0.0.0/8\n");
        Path staff = Files.writeString(folder.resolve("staff.txt"), "198.51.100.0/24\n");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans = builder()
                .plan("office", AddressRange.parse("172.16.0.0/12"))
                .plan("crawlers", crawlers)
                .plan("partners", file)
                .plan("staff", staff)
                .build();
        Files.writeString(crawlers, "10.0.0.0/8\n192.0.2.0/24\n");
        Files.writeString(file, "203.0.113.0/24\n");
        Files.writeString(staff, "172.16.0.0/12\n");
        pollTwice(plans);
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("crawlers");
        assertThat(plan(plans, "203.0.113.1")).isEqualTo("partners");
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("staff");
        assertThat(plan(plans, "172.16.0.1")).isEqualTo("office");
        assertThat(told)
                .containsExactly("Plan \"staff\", file " + staff
                        + ": 172.16.0.0/12 is both office and staff; a range has one value" + KEPT);
    }

    /** The file that gives the range up is at fault by another one: so the range stays where it was. */
    @Test
    void aRangeStaysWhereItWasIfTheFileThatGivesItUpContradicts() throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers.txt"), "10.0.0.0/8\n");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans = builder()
                .plan("office", AddressRange.parse("172.16.0.0/12"))
                .plan("crawlers", crawlers)
                .plan("partners", file)
                .build();
        Files.writeString(crawlers, "10.0.0.0/8\n192.0.2.0/24\n");
        Files.writeString(file, "172.16.0.0/12\n");
        pollTwice(plans);
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(plan(plans, "172.16.0.1")).isEqualTo("office");
        assertThat(told)
                .containsExactlyInAnyOrder(
                        warning("172.16.0.0/12 is both office and partners; a range has one value" + KEPT),
                        "Plan \"crawlers\", file " + crawlers
                                + ": 192.0.2.0/24 is both partners and crawlers; a range has one value" + KEPT);
        Files.writeString(file, "203.0.113.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("crawlers");
        assertThat(plans.files()).allMatch(RangesFileStatus::healthy);
    }

    @Test
    void oneFileThatContradictsDoesNotHoldUpAnother() throws IOException {
        Path crawlers = Files.writeString(folder.resolve("crawlers.txt"), "10.0.0.0/8\n");
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans = builder()
                .plan("office", AddressRange.parse("172.16.0.0/12"))
                .plan("partners", file)
                .plan("crawlers", crawlers)
                .build();
        Files.writeString(file, "172.16.0.0/12\n");
        Files.writeString(crawlers, "203.0.113.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "172.16.0.1")).isEqualTo("office");
        assertThat(plan(plans, "192.0.2.1")).isEqualTo("partners");
        assertThat(plan(plans, "203.0.113.1")).isEqualTo("crawlers");
        assertThat(told)
                .containsExactly(warning("172.16.0.0/12 is both office and partners; a range has one value" + KEPT));
    }

    static Stream<Throwable> thrown() {
        return Stream.of(new IllegalStateException("no"), new StackOverflowError("no"));
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void aListenerThatThrowsStopsNothing(Throwable thrown) throws IOException {
        Files.writeString(file, "192.0.2.0/24\n");
        AddressPlans plans = builder()
                .onWarning(warning -> {
                    if (thrown instanceof Error error) {
                        throw error;
                    }
                    throw (RuntimeException) thrown;
                })
                .onFault(fault -> {
                    throw new IllegalStateException("no");
                })
                .plan("partners", file)
                .build();
        Files.delete(file);
        pollTwice(plans);
        Files.writeString(file, "198.51.100.0/24\n");
        pollTwice(plans);
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
        assertThat(log.warnings())
                .containsExactly(
                        warning("it does not exist" + KEPT),
                        "A listener to warnings of plans failed",
                        "A listener to warnings of plans failed");
    }

    @Test
    void eachChangeOfAFaultIsToldAndNothingElse() throws IOException {
        Files.writeString(file, "192.0.2.1/24\n"); // a warning, and no fault
        List<RangesFileStatus> faults = new ArrayList<>();
        AddressPlans plans =
                builder().onFault(faults::add).plan("partners", file).build();
        assertThat(told).hasSize(1);
        Files.delete(file);
        pollTwice(plans);
        pollTwice(plans);
        assertThat(faults)
                .containsExactly(
                        new RangesFileStatus("partners", file, 1, Optional.of("it does not exist"), 1, Duration.ZERO));
        Files.writeString(file, "nowhere\n");
        pollTwice(plans);
        assertThat(faults).hasSize(2);
        assertThat(faults.get(1).fault())
                .hasValueSatisfying(fault -> assertThat(fault)
                        .isEqualTo("line 1: \"nowhere\" is not an address range: it does not begin with an address"
                                + RANGE_FORM));
        Files.writeString(file, "192.0.2.0/24\n");
        pollTwice(plans);
        assertThat(only(plans).healthy()).isTrue();
        assertThat(faults).hasSize(2);
    }

    @Test
    void optionsOutOfTheirRangeAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressPlans.builder().pollInterval(Duration.ofMillis(99)))
                .withMessage("the interval of polls must be PT0.1S to PT1H, not PT0.099S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressPlans.builder().pollInterval(Duration.ofMinutes(61)))
                .withMessage("the interval of polls must be PT0.1S to PT1H, not PT1H1M");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressPlans.builder().plan(" ", AddressRange.parse("::1")))
                .withMessage("a plan needs a name, not \" \"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressPlans.builder().plan("", Path.of("x")))
                .withMessage("a plan needs a name, not \"\"");
    }

    @Test
    void aSchedulerThatTakesNoTasksIsRefused() throws IOException {
        idle.shutdownNow();
        Files.writeString(file, "192.0.2.0/24\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder().plan("partners", file).build())
                .withMessage("the scheduler takes no tasks, as one that is shut down; give another one, or none: then"
                        + " the plans have a thread of their own");
    }

    /** Takes the poll to come from the scheduler, and runs it in its place. */
    private void runNextPoll() {
        Runnable task = idle.getQueue().iterator().next();
        assertThat(idle.remove(task)).isTrue();
        task.run();
    }

    @Test
    void pollsGoOnUntilTheyAreClosed() throws IOException {
        AddressPlans plans = partners("192.0.2.0/24\n");
        Files.writeString(file, "198.51.100.0/24\n");
        runNextPoll();
        runNextPoll();
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");

        assertThat(idle.getQueue()).hasSize(1);
        plans.close();
        assertThat(idle.getQueue()).isEmpty();
        assertThat(idle.isShutdown()).isFalse();
        assertThat(plan(plans, "198.51.100.1")).isEqualTo("partners");
    }

    @Test
    void pollsEndWhenNothingRefersToThePlans() throws IOException {
        WeakReference<AddressPlans> abandoned = new WeakReference<>(partners("192.0.2.0/24\n"));
        for (int i = 0; i < 200 && abandoned.get() != null; i++) {
            System.gc();
        }
        assertThat(abandoned.get()).isNull();
        runNextPoll();
        assertThat(idle.getQueue()).isEmpty();
    }

    @Test
    void theThreadOfTheirOwnPollsAndEndsWhenTheyAreClosed() throws Exception {
        Files.writeString(file, "192.0.2.0/24\n");
        List<Thread> before = pollers();
        AddressPlans plans = AddressPlans.builder()
                .plan("partners", file)
                .pollInterval(Duration.ofMillis(100))
                .build();
        List<Thread> begun = new ArrayList<>(pollers());
        begun.removeAll(before);
        assertThat(begun).hasSize(1);
        assertThat(begun.get(0).isDaemon()).isTrue();
        assertThat(begun.get(0).getContextClassLoader()).isNull();
        Files.writeString(file, "198.51.100.0/24\n");
        while (plan(plans, "198.51.100.1") == null) {
            Thread.onSpinWait();
        }
        plans.close();
        begun.get(0).join(60_000);
        assertThat(begun.get(0).isAlive()).isFalse();
    }

    private static List<Thread> pollers() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("headgate-plans"))
                .toList();
    }
}
