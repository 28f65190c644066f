package io.headgate.containers;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.servlet.RateLimitFilter;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * What may depend on the kind of thread that a container runs requests on. A test class implements it with a container
 * on virtual threads.
 */
@EnabledForJreRange(min = JRE.JAVA_21)
public interface VirtualThreads extends DispatchContract, ChargeOnContract {

    /** An executor that starts a virtual thread for each task; this is compiled for JDK 17. */
    static ExecutorService executor() {
        try {
            return (ExecutorService)
                    Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("needs JDK 21", e);
        }
    }

    @Test
    default void theFilterRunsOnAVirtualThread() throws Exception {
        RateLimitFilter filter =
                RateLimitFilter.builder(OnContainer.limiter("1/minute")).build();
        App app = new App()
                .filter("limits", filter, "/*")
                .servlet(
                        "/",
                        (request, response) ->
                                App.write(response, Thread.currentThread().toString()));
        try (Site site = open(app)) {
            assertThat(site.get("/").body()).startsWith("VirtualThread[");
            assertThat(site.get("/").status()).isEqualTo(429);
        }
    }
}
