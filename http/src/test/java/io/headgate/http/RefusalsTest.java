package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headgate.Limit;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who sees a page and who a problem, and in which language. */
class RefusalsTest {

    private static final String CHROME =
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
                    + "application/signed-exchange;v=b3;q=0.7";
    private static final String FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    private static final String SAFARI = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    private static Refusal refused(RequestLimiter.Builder builder, FakeRequest request) {
        RequestLimiter limits = builder.build();
        limits.decide(request);
        FakeResponse response = new FakeResponse();
        Verdict denied = limits.decide(request);
        limits.addFields(denied, response);
        return limits.refusal(denied, request, response);
    }

    private static RequestLimiter.Builder limits(String limit) {
        return RequestLimiter.builder(Buckets.of(limit));
    }

    private static boolean isPage(FakeRequest request) {
        Refusal refusal = refused(limits("1/minute"), request);
        boolean isPage = refusal.contentType().equals("text/html;charset=UTF-8");
        assertThat(refusal.contentType()).isEqualTo(isPage ? RefusalPage.CONTENT_TYPE : Refusal.CONTENT_TYPE);
        assertThat(refusal.text()).startsWith(isPage ? "<!DOCTYPE html>" : "{\"type\"");
        assertThat(refusal.status()).isEqualTo(429);
        return isPage;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                CHROME,
                FIREFOX,
                SAFARI,
                "text/html",
                "TEXT/HTML",
                "text/html;level=1",
                "text/html;charset=utf-8;q=0.9, application/json;q=0.8",
                "application/json;q=0.5, text/html;q=0.51",
                "text/html , */*;q=0.999",
                "text/html,",
                ",, text/html, ,application/vnd.api+json;q=0.9"
            })
    void aBrowserGetsAPage(String accept) {
        assertThat(isPage(new FakeRequest().header("Accept", accept))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "*/*",
                "application/json",
                "application/json, text/plain, */*",
                "application/json, text/javascript, */*; q=0.01",
                "text/html, application/json",
                "text/html;q=0.5, */*",
                "text/html;q=0",
                "text/*",
                "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
                // What Java's HttpURLConnection sends: no media range is called *.
                "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
                "text/html;q=1.1",
                "text/html;q=2",
                "text/html;q=-1",
                "text/html;q=0.1234",
                "text/html;q=x",
                "text/html;q",
                "text/html;",
                "application/vnd.api+json, text/html;q=0.9",
                "text/html;a=\"b\"",
                "text/html text/html",
                "text/html\u0000",
                "t\u00e4xt/html, text/html"
            })
    void everybodyElseGetsAProblem(String accept) {
        assertThat(isPage(new FakeRequest().header("Accept", accept))).isFalse();
    }

    @Test
    void whatIsLongIsNotLookedAt() {
        String long1024 = "text/html" + ",a/b".repeat(253) + "   ";
        assertThat(long1024).hasSize(1024);
        assertThat(isPage(new FakeRequest().header("Accept", long1024))).isTrue();
        assertThat(isPage(new FakeRequest().header("Accept", long1024 + " "))).isFalse();
        assertThat(isPage(new FakeRequest().header("Accept", "text/html", ",".repeat(70_000))))
                .isFalse();
        assertThat(isPage(new FakeRequest()
                        .header("Accept", "text/html")
                        .header("Accept-Language", "a,".repeat(512) + "a")))
                .isFalse();
        assertThat(isPage(new FakeRequest().header("Accept", ";a=b".repeat(256))))
                .isFalse();
        assertThat(isPage(new FakeRequest().header("Accept", "text/html" + ";a=b".repeat(253))))
                .isTrue();
    }

    @Test
    void severalLinesAreOneList() {
        assertThat(isPage(new FakeRequest().header("Accept", "*/*;q=0.1", "text/html")))
                .isTrue();
        assertThat(isPage(new FakeRequest().header("Accept", "text/html", "application/json")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "de|de",
                "de-AT,de;q=0.9,en;q=0.8|de",
                "DE-at|de",
                "en-GB,fr;q=0.9|en",
                "fr;q=0.5,de;q=0.6|de",
                "de;q=0,fr;q=0.1|fr",
                "da, fr;q=0.2|fr",
                "da|en",
                "*|en",
                "de;q=0|en",
                "*;q=0.9,en;q=0.1|de",
                "*;q=0.5,fr;q=0.4|en",
                "*;q=0.3,fr;q=0.4|fr",
                "en;q=0,*|de",
                ", ,|en",
                "fr,de|fr"
            })
    void theLanguageThatIsPreferredAmongThoseThatAreThere(String accept, String language) {
        Refusal refusal = refused(
                limits("1/minute").languages("en", "de", "fr"),
                new FakeRequest().header("Accept", "text/html").header("Accept-Language", accept));
        assertThat(refusal.fields()).containsEntry("Content-Language", language);
        assertThat(refusal.text()).contains("<html lang=\"" + language + "\">");
    }

    @Test
    void withoutALanguageTheFirstOne() {
        Refusal refusal =
                refused(limits("1/minute").languages("fr", "de"), new FakeRequest().header("Accept", "text/html"));
        assertThat(refusal.text()).contains("<h1>Trop de requêtes</h1>", "<p>Veuillez réessayer dans 60 secondes.</p>");
        assertThat(isPage(new FakeRequest().header("Accept", "text/html").header("Accept-Language", "de;;")))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1/s|in one second.",
                "1/2s|in 2 seconds.",
                "1/120s|in 120 seconds.",
                "1/121s|in 3 minutes.",
                "1/2h|in 120 minutes.",
                "1/7201s|in 3 hours.",
                "1/day|in 24 hours."
            })
    void theWaitIsToldInWords(String limit, String wait) {
        Refusal refusal = refused(limits(limit), new FakeRequest().header("Accept", "text/html"));
        assertThat(refusal.text()).contains("<p>Please try again " + wait + "</p>");
    }

    @Test
    void thePageTellsTheWaitOfTheField() {
        RequestLimiter limits =
                limits("1/10s").retryAfterJitter(Duration.ofSeconds(60)).build();
        FakeRequest request = new FakeRequest().header("Accept", "text/html");
        limits.decide(request);
        for (int i = 0; i < 50; i++) {
            FakeResponse response = new FakeResponse();
            Verdict denied = limits.decide(request);
            limits.addFields(denied, response);
            assertThat(limits.refusal(denied, request, response).text())
                    .contains(" " + response.field("Retry-After") + " seconds.");
        }
    }

    @Test
    void whereWaitingDoesNotHelpItSaysLater() {
        Refusal refusal = refused(limits("1/minute").cost(2), new FakeRequest().header("Accept", "text/html"));
        assertThat(refusal.text()).contains("<p>Please try again later.</p>");
    }

    @Test
    void whatFailsClosedIsUnavailable() {
        RequestLimiter limits = limits("1/minute")
                .onFailure(OnFailure.DENY)
                .resolver(request -> {
                    throw new IllegalStateException("on purpose");
                })
                .build();
        FakeRequest request = new FakeRequest().header("Accept", "text/html");
        Refusal refusal = limits.refusal(limits.decide(request), request, new FakeResponse());
        assertThat(refusal.status()).isEqualTo(503);
        assertThat(refusal.text()).contains("<title>Service unavailable</title>");
    }

    @Test
    void thePageLoadsNothingAndTellsNothingOfTheRequest() {
        Refusal refusal = refused(
                limits("1/minute"),
                new FakeRequest()
                        .header("Accept", "text/html;x=evil")
                        .path("/evil")
                        .header("Accept-Language", "en-evil"));
        assertThat(refusal.text()).doesNotContain("evil", "<script", "http:", "https:", "src=", "href=");
        assertThat(refusal.text()).contains("color-scheme: light dark");
        assertThat(refusal.fields())
                .containsEntry("Vary", "Accept, Accept-Language")
                .containsEntry(
                        "Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none';"
                                + " frame-ancestors 'none'");
        assertThat(refusal.body()).isEqualTo(refusal.text().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aProblemForEverybodyIsNotNegotiated() {
        for (RefusalStyle style : new RefusalStyle[] {RefusalStyle.PROBLEM, RefusalStyle.ERROR_PAGE}) {
            Refusal refusal =
                    refused(limits("1/minute").refusal(style), new FakeRequest().header("Accept", "text/html"));
            assertThat(refusal.contentType()).isEqualTo(Refusal.CONTENT_TYPE);
            assertThat(refusal.fields()).isEmpty();
        }
        assertThat(refused(limits("1/minute"), new FakeRequest()).fields()).isEmpty();
        assertThat(refused(limits("1/minute"), new FakeRequest().header("Accept", "*/*"))
                        .fields())
                .containsOnlyKeys("Vary");
    }

    @ParameterizedTest
    @ValueSource(strings = {"xx", "../../x", "DE", "de_AT", "d", "de-", ""})
    void aLanguageThatIsNotThereIsRefused(String tag) {
        assertThatThrownBy(() ->
                        RequestLimiter.builder().limits(Limit.perMinute(1)).languages("en", tag))
                .isInstanceOf(InvalidOptionException.class)
                .hasMessageContaining("languages")
                .hasMessageContaining(tag)
                .hasMessageContaining("META-INF/headgate/refusal_TAG.properties");
    }

    @Test
    void theApplicationMayBringLanguages(@TempDir Path classPath) throws IOException {
        Path folder = Files.createDirectories(classPath.resolve("META-INF/headgate"));
        String whole = """
                title=Za dużo <&>
                seconds={0} s
                minutes={0} min
                hours={0} h
                later=x
                unavailable.title=x
                unavailable=x
                """;
        Files.writeString(folder.resolve("refusal_pl.properties"), whole);
        Files.writeString(folder.resolve("refusal_it.properties"), "title=Troppe richieste\n");
        Files.writeString(folder.resolve("refusal_es.properties"), whole.replace("{0} h", "{0"));
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        try (URLClassLoader application =
                new URLClassLoader(new URL[] {classPath.toUri().toURL()}, null)) {
            Thread.currentThread().setContextClassLoader(application);
            Refusal refusal =
                    refused(limits("1/minute").languages("pl"), new FakeRequest().header("Accept", "text/html"));
            assertThat(refusal.text()).contains("<h1>Za dużo &lt;&amp;&gt;</h1>", "<p>60 s</p>");
            assertThatThrownBy(() -> limits("1/minute").languages("it")).hasMessageContaining("no text for seconds");
            assertThatThrownBy(() -> limits("1/minute").languages("es")).hasMessageContaining("malformed text");
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }
}
