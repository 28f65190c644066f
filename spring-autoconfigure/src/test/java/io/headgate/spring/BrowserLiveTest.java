package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** What a person, and the script of another origin, see in the browser that the property {@code browser} names. */
class BrowserLiveTest {

    @TempDir
    private Path folder;

    /** An API, with the rules of CORS as petclinic and others have them. */
    @Configuration(proxyBeanMethods = false)
    static class Api extends Shop implements WebMvcConfigurer {
        @Override
        public void addCorsMappings(CorsRegistry registry) {
            registry.addMapping("/hello")
                    .allowedOriginPatterns("http://localhost:[*]")
                    .allowedHeaders("content-type", "authorization");
        }

        @RestController
        static class Owners {
            @CrossOrigin(exposedHeaders = "errors")
            @PutMapping("/owners")
            String put() {
                return "owner";
            }
        }
    }

    /** The pages whose scripts call it. Each call is a method, a path and a header, and leaves a line in the page. */
    @Configuration(proxyBeanMethods = false)
    static class Front extends Shop {
        @RestController
        static class Page {
            @GetMapping(path = "/page", produces = MediaType.TEXT_HTML_VALUE)
            String page(@RequestParam("api") String api, @RequestParam("call") List<String> calls) {
                StringBuilder script = new StringBuilder();
                for (String call : calls) {
                    String[] parts = call.split(" ", -1);
                    script.append(String.format(
                            "await call('%s', '%s%s', {'%s': 'application/json'});\n",
                            parts[0], api, parts[1], parts[2]));
                }
                return """
                        <!DOCTYPE html><title>front</title><pre id="lines"></pre><script>
                        const lines = document.getElementById('lines');
                        async function call(method, url, headers) {
                          try {
                            const r = await fetch(url, {method, headers});
                            const seen = name => name + '=' + r.headers.get(name);
                            lines.textContent += r.status + ' ' + seen('Retry-After') + ' ' + seen('RateLimit') + '\\n';
                          } catch (e) {
                            lines.textContent += e.name + '\\n';
                          }
                        }
                        (async () => {
                        %s})();
                        </script>""".formatted(script);
            }
        }
    }

    /** The page as it is when its script has ended. */
    private String open(String url, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Objects.requireNonNull(System.getProperty("browser")),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--user-data-dir=" + Files.createTempDirectory(folder, "profile"),
                "--virtual-time-budget=60000",
                "--dump-dom"));
        command.addAll(Arrays.asList(options));
        command.add(url);
        File out = folder.resolve("page.html").toFile();
        Process browser = new ProcessBuilder(command)
                .redirectOutput(out)
                .redirectError(folder.resolve("errors").toFile())
                .start();
        try {
            assertThat(browser.waitFor(2, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            browser.descendants().forEach(ProcessHandle::destroyForcibly);
            browser.destroyForcibly();
        }
        return Files.readString(out.toPath(), StandardCharsets.UTF_8);
    }

    private static int port(Site site) {
        return site.context().getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    /** What calls of the API come to, from a page of another origin. */
    private List<String> calls(Site api, String... calls) throws IOException, InterruptedException {
        try (Site front = Site.of(Front.class, "headgate.enabled=false")) {
            String url = "http://localhost:" + port(front) + "/page?api=http://127.0.0.1:" + port(api) + "&call="
                    + String.join("&call=", calls).replace(" ", "%20");
            Matcher lines = Pattern.compile("<pre id=\"lines\">(.*?)\n?</pre>", Pattern.DOTALL)
                    .matcher(open(url));
            assertThat(lines.find()).isTrue();
            return List.of(lines.group(1).split("\n", -1));
        }
    }

    @Test
    void aScriptOfAnotherOriginReadsWhyItWasRefused() throws Exception {
        try (Site api = Site.of(Api.class, "headgate.limits=6/day")) {
            assertThat(calls(
                            api,
                            "GET /hello content-type", // two permits, one of them for the pre-flight; as below
                            "PUT /owners content-type",
                            "GET /hello accept", // simple
                            "GET /missing accept", // which no rule of the application's lets it read
                            "GET /hello accept",
                            "PUT /owners authorization"))
                    .containsExactly(
                            "200 Retry-After=null RateLimit=null",
                            "200 Retry-After=null RateLimit=null",
                            "200 Retry-After=null RateLimit=null",
                            "TypeError",
                            "429 Retry-After=14400 RateLimit=\"6-per-86400s\";r=0;t=14400",
                            "TypeError"); // its pre-flight was refused: a network error to a script
        }
    }

    @Test
    void whereNoPreflightIsRefusedSoDoesAnyCall() throws Exception {
        try (Site api = Site.of(Api.class, "headgate.limits=1/day", "headgate.skip-preflight=true")) {
            assertThat(calls(api, "GET /hello content-type", "GET /hello authorization", "PUT /owners accept"))
                    .containsExactly(
                            "200 Retry-After=null RateLimit=null",
                            "429 Retry-After=86400 RateLimit=\"1-per-86400s\";r=0;t=86400",
                            "429 Retry-After=86400 RateLimit=\"1-per-86400s\";r=0;t=86400");
        }
    }

    @Test
    void aPersonSeesWhenToComeBack() throws Exception {
        try (Site site = Site.of(Shop.class, "headgate.limits=1/day", "headgate.languages=en,de")) {
            String url = "http://127.0.0.1:" + port(site) + "/hello";
            site.get("127.0.0.1", "/hello");
            assertThat(open(url)).contains("24 hours").doesNotContain("{\"type\"");
            assertThat(open(url, "--accept-lang=de-AT")).contains("24 Stunden");
        }
    }
}
