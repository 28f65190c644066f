package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.Decision;
import io.headgate.Limit;
import io.headgate.LimitStatus;
import io.headgate.LocalLimiter;
import io.headgate.http.RequestLimiter;
import io.headgate.net.AddressRange;
import io.headgate.testing.FakeTicker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
        RateLimitFilter configured = new RateLimitFilter(new FakeTicker());
        configured.init(FakeConfig.of("limits", params));
        RequestLimiter limits = configured.limits();
        assertThat(limits.limiters())
                .extracting(use -> ((LocalLimiter<?>) use.limiter()).name())
                .containsExactly("limits", "login", "search");
        FakeRequest request = FakeRequest.any();
        configured.doFilter(request, FakeResponse.fresh(), (q, r) -> {});
        assertThat(request.attributes.get(limits.attribute()))
                .isInstanceOfSatisfying(
                        Decision.class,
                        decision -> assertThat(decision.limits())
                                .extracting(LimitStatus::limit)
                                .containsExactly(Limit.parse("10/second burst 20"), Limit.parse("500/hour")));
        configured.destroy();
        assertThat(params.getOrDefault("exempt", "").split(",", -1))
                .singleElement()
                .satisfies(AddressRange::parse);
        assertThat(params.getOrDefault("rules", "").strip().lines()).hasSize(3);
    }

    private static String text(Element parent, String tag) {
        return parent.getElementsByTagName(tag).item(0).getTextContent().strip();
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
