package io.headgate.spring;

import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.springframework.util.function.SingletonSupplier;

/**
 * The paths at which the health endpoint answers on the application's port. Asked for at the first request: the filter
 * is made before the endpoints are, and they may depend on it.
 */
final class HealthPaths implements Predicate<String> {

    private final SingletonSupplier<Set<String>> paths;

    HealthPaths(Supplier<Set<String>> paths) {
        this.paths = SingletonSupplier.of(paths);
    }

    @Override
    public boolean test(String path) {
        for (String root : paths.obtain()) {
            if (path.startsWith(root) && (path.length() == root.length() || path.charAt(root.length()) == '/')) {
                return true;
            }
        }
        return false;
    }
}
