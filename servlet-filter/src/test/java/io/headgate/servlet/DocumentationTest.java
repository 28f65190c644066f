package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Limit;
import io.headgate.testing.FakeTicker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What docs/http.md shows works. */
class DocumentationTest {

    private static String page() throws IOException {
        return Files.readString(Path.of("..", "docs", "http.md"));
    }

    @Test
    void theSampleConfiguresAFilter() throws Exception {
        String page = page();
        int start = page.indexOf("```xml") + "```xml\n".length();
        Document xml = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(
                        page.substring(start, page.indexOf("```", start)).getBytes(StandardCharsets.UTF_8)));
        Element filter = (Element) xml.getElementsByTagName("filter").item(0);
        assertThat(text(filter, "async-supported")).isEqualTo("true");
        assertThat(text(filter, "filter-class")).isEqualTo(RateLimitFilter.class.getName());
        Map<String, String> params = new LinkedHashMap<>();
        NodeList list = filter.getElementsByTagName("init-param");
        for (int i = 0; i < list.getLength(); i++) {
            params.put(text((Element) list.item(i), "param-name"), text((Element) list.item(i), "param-value"));
        }
        Settings settings = new FilterParameters(FakeConfig.of("limits", params)).read(new FakeTicker());
        assertThat(settings.limits).containsExactly(Limit.parse("10/second burst 20"), Limit.parse("500/hour"));
        assertThat(settings.rules).extracting(Rule::name).containsExactly("login", "search", "/static/*");
        assertThat(settings.exempt).hasSize(1);
    }

    private static String text(Element parent, String tag) {
        return parent.getElementsByTagName(tag).item(0).getTextContent().strip();
    }

    @Test
    void theTableHasEveryParameter() throws IOException {
        Set<String> documented = new TreeSet<>();
        String page = page();
        Matcher row = Pattern.compile("^\\| `(\\w+)` \\|", Pattern.MULTILINE)
                .matcher(page.substring(page.indexOf("| init-param |")));
        while (row.find()) {
            documented.add(row.group(1));
        }
        assertThat(documented).isEqualTo(new TreeSet<>(FilterParameters.KNOWN));
    }

    @Test
    void theLengthOfTheSampleIsRight() throws IOException {
        String body = page().lines()
                .filter(line -> line.startsWith("{\"type\""))
                .findFirst()
                .orElseThrow();
        assertThat(page()).contains("Content-Length: " + body.length() + "\n");
    }
}
