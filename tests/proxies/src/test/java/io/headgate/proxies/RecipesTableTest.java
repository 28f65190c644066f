package io.headgate.proxies;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/proxies.md claims what the fixtures show, and nothing else. */
class RecipesTableTest {

    /** Those that .ci/proxies installs. */
    private static final List<String> LIVE = List.of("nginx", "haproxy", "apache2");

    private static final Pattern LINK = Pattern.compile("fixtures/([\\w.-]+\\.txt)\\)");

    /** A fixture, and the row that names it, from the first bar to the last. */
    private record Row(Fixture fixture, List<String> cells) {

        String shownBy() {
            return cells.get(6);
        }

        String about(Setting.Effect effect) {
            return switch (effect) {
                case OURS -> cells.get(3);
                case BYPASSED -> cells.get(4);
                case POOLED -> cells.get(5);
            };
        }
    }

    private static List<Row> rows() throws IOException {
        Map<String, Fixture> fixtures =
                Fixture.all().stream().collect(Collectors.toMap(Fixture::name, Function.identity()));
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("..", "..", "docs", "proxies.md"))) {
            for (MatchResult link : LINK.matcher(line).results().toList()) {
                List<String> cells =
                        Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
                assertThat(cells).as(line).hasSize(8);
                rows.add(new Row(Objects.requireNonNull(fixtures.get(link.group(1)), link.group(1)), cells));
            }
        }
        return rows;
    }

    @Test
    void everyFixtureIsARowsOnce() throws IOException {
        assertThat(rows().stream().map(Row::fixture)).containsExactlyInAnyOrderElementsOf(Fixture.all());
    }

    @Test
    void aRowTellsWhetherItIsLiveOrWhenItWasRecorded() throws IOException {
        for (Row row : rows()) {
            if (LIVE.containsAll(row.fixture().programs())) {
                assertThat(row.shownBy()).startsWith("live: ");
            } else {
                assertThat(row.shownBy())
                        .startsWith("recorded " + row.fixture().get("recorded") + ", ")
                        .contains(row.fixture().get("version"));
            }
        }
    }

    @Test
    void aRowNamesEachSettingWithItsEffect() throws IOException {
        for (Row row : rows()) {
            for (Setting.Effect effect : Setting.Effect.values()) {
                List<Setting> settings = row.fixture().settings().stream()
                        .filter(setting -> setting.effect() == effect)
                        .toList();
                if (settings.isEmpty()) {
                    assertThat(row.about(effect))
                            .as(row.fixture() + " " + effect)
                            .isEqualTo(effect == Setting.Effect.OURS ? "none" : "");
                }
                for (Setting setting : settings) {
                    assertThat(row.about(effect))
                            .as(row.fixture() + " " + effect)
                            .contains(words(setting));
                }
            }
        }
    }

    /** How the page calls a setting. */
    private static List<String> words(Setting setting) {
        List<String> words = new ArrayList<>();
        if (setting.text().startsWith("trustedProxies") && !setting.text().contains(";")) {
            words.add("proxies");
        }
        for (String option : setting.text().split("; ", -1)) {
            String value = option.substring(option.indexOf('=') + 1).strip();
            if (option.equals("none")) {
                words.add("direct");
            } else if (option.startsWith("trustedHops")) {
                words.add(value + " hop");
            } else if (option.startsWith("forwardedHeader")) {
                words.add("`" + value + "`");
            }
        }
        assertThat(words).as(setting.text()).isNotEmpty();
        return words;
    }
}
