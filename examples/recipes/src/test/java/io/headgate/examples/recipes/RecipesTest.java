package io.headgate.examples.recipes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the recipes promise, on a Tomcat. */
class RecipesTest {

    @Test
    void aScannerIsStoppedAndReadersAreNot() throws Exception {
        try (Served site = new Served(Recipes.scanners(), 0)) {
            for (int i = 0; i < 100; i++) {
                assertThat(site.get("/page")).isEqualTo(200);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(site.get("/404")).isEqualTo(404);
            }
            assertThat(site.get("/404")).isEqualTo(429);
        }
    }

    @Test
    void noMoreThanFourRequestsOfAClientAreUnderWay() throws Exception {
        try (Served site = new Served(Recipes.inFlight(), 4)) {
            List<CompletableFuture<Integer>> under = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                under.add(site.begin("/wait"));
            }
            site.awaitWaiting();
            assertThat(site.get("/page")).isEqualTo(429);
            site.release();
            for (CompletableFuture<Integer> answer : under) {
                assertThat(answer.get()).isEqualTo(200);
            }
            for (int i = 0; i < 20; i++) {
                assertThat(site.get("/page")).isEqualTo(200);
            }
        }
    }

    @Test
    void strangersAreNotLimitedByAccount() throws Exception {
        try (Served site = new Served(Recipes.accounts(), 0)) {
            for (int i = 0; i < 30; i++) {
                assertThat(site.get("/page")).isEqualTo(200);
            }
        }
    }

    @Test
    void aQuickRequestTakesOnePermit() throws Exception {
        var filter = Recipes.costAfter();
        try (Served site = new Served(filter, 0)) {
            assertThat(site.get("/page")).isEqualTo(200);
            assertThat(filter.stats().allowed()).isEqualTo(1);
            assertThat(filter.stats().failed()).isZero();
        }
    }

    @Test
    void passwordsAreGuessedFiveTimesAndPagesAreNotCharged() throws Exception {
        try (Served site = new Served(Recipes.logins(), 0)) {
            for (int i = 0; i < 5; i++) {
                assertThat(site.post("/login")).isEqualTo(401);
            }
            assertThat(site.post("/login")).isEqualTo(429);
            for (int i = 0; i < 200; i++) {
                assertThat(site.get("/static/a.css")).isEqualTo(200);
            }
        }
    }

    @Test
    void theLimitsOfOthersAreKept() throws Exception {
        try (Served site = new Served(ComingFrom.nginx(), 0)) {
            int passed = 0;
            for (int i = 0; i < 200; i++) {
                passed += site.get("/page") == 200 ? 1 : 0;
            }
            assertThat(passed).isBetween(21, 199);
        }
        try (Served site = new Served(ComingFrom.tomcat(), 0)) {
            for (int i = 0; i < 300; i++) {
                assertThat(site.get("/page")).isEqualTo(200);
            }
        }
        try (Served site = new Served(ComingFrom.gateway(), 0)) {
            assertThat(site.get("/page", "X-Forwarded-For", "6.6.6.6, 198.51.100.7"))
                    .isEqualTo(200);
        }
        assertThat(ComingFrom.resilience4j().decide("ann", 10).allowed()).isTrue();
        assertThat(ComingFrom.resilience4j().decide("ann", 11).neverAdmissible())
                .isTrue();
        assertThat(ComingFrom.guava().tryAcquire("ann", 5)).isTrue();
        assertThat(ComingFrom.bucket4j()).extracting(limit -> limit.capacity()).containsExactly(100L, 1000L);
    }

    /** A page that shows something else than what runs here fails. */
    @ParameterizedTest
    @CsvSource({"coming-from.md, ComingFrom.java", "recipes.md, Recipes.java"})
    void whatThePageShowsIsWhatRunsHere(String page, String source) throws Exception {
        String code = squeezed(Files.readString(
                Path.of("src/main/java/io/headgate/examples/recipes").resolve(source)));
        Matcher blocks = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../../docs").resolve(page)));
        int seen = 0;
        while (blocks.find()) {
            assertThat(code).contains(squeezed(blocks.group(1)));
            seen++;
        }
        assertThat(seen).isPositive();
    }

    private static String squeezed(String text) {
        return text.replaceAll("\\s+", "");
    }
}
