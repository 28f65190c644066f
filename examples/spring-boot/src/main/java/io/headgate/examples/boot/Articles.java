package io.headgate.examples.boot;

import java.util.Map;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** A controller like any other. */
@RestController
class Articles {

    private static final Map<String, Integer> PRICES = Map.of("apple", 40, "pear", 55);

    @GetMapping("/articles")
    Map<String, Integer> all() {
        return PRICES;
    }

    @GetMapping("/articles/{name}/price")
    int price(@PathVariable String name) {
        return PRICES.getOrDefault(name, 0);
    }
}
