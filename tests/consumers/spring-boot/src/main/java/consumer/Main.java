package consumer;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** The starter in an application, by one property. */
@SpringBootApplication
@RestController
public class Main {

    @GetMapping("/")
    String hello() {
        return "hello";
    }

    public static void main(String[] arguments) throws IOException {
        try (ConfigurableApplicationContext context = SpringApplication.run(
                Main.class,
                "--headgate.limits=1/hour",
                "--server.address=127.0.0.1",
                "--server.port=0",
                "--logging.level.root=warn",
                "--spring.main.banner-mode=off")) {
            String port = context.getEnvironment().getRequiredProperty("local.server.port");
            expect(200, port);
            expect(429, port);
        }
        System.out.println("Spring Boot starter: admits, then denies");
    }

    private static void expect(int status, String port) throws IOException {
        URI page = URI.create("http://127.0.0.1:" + port + "/");
        int got = ((HttpURLConnection) page.toURL().openConnection()).getResponseCode();
        if (got != status) throw new AssertionError(got + " instead of " + status);
    }
}
