package io.headgate.examples.boot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The application. Nothing in its code knows of limits. */
@SpringBootApplication
public class Shop {

    /**
     * Starts the application.
     *
     * @param arguments properties, such as {@code --server.port=9090}
     */
    public static void main(String[] arguments) {
        SpringApplication.run(Shop.class, arguments);
    }
}
