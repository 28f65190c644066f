package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The table of options in docs/http.md is the one in the code. */
class OptionTableTest {

    @Test
    void thePageHasEveryOption() throws IOException {
        StringBuilder table = new StringBuilder(
                "| init-param, method | property | what it is | form | default |\n|---|---|---|---|---|\n");
        for (Option option : Option.values()) {
            table.append("| `")
                    .append(option)
                    .append("` | `headgate.")
                    .append(option.property())
                    .append("` | ");
            table.append(option.meaning()).append(" | ");
            table.append(option.form(Option::toString).replace("|", "\\|")).append(" | ");
            table.append(option.byDefault()).append(" |\n");
        }
        assertThat(Files.readString(Path.of("../docs/http.md"))).contains(table);
    }

    @Test
    void thePageOfWarningsHasEveryCode() throws IOException {
        String page = Files.readString(Path.of("../docs/warnings.md"));
        for (Warning warning : Warning.values()) {
            assertThat(page).contains("| " + warning.code() + " |");
        }
    }
}
