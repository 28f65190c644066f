package io.headgate.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.headgate.net.ClientAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whether one client stands behind most requests, request by request. */
class MajorityClientTest {

    private static final ClientAddress CROWD = ClientAddress.parse("10.0.0.1");
    private static final ClientAddress OTHER = ClientAddress.parse("192.0.2.1");
    private static final int HALF = MajorityClient.WINDOW / 2;

    /** Looks at every request. */
    private final MajorityClient majority = new MajorityClient(1);

    /** What comes of a window in which some of the requests are of the crowd, and all others of one other client. */
    private @Nullable ClientAddress window(IntPredicate isOfCrowd) {
        ClientAddress seen = null;
        for (int i = 0; i < MajorityClient.WINDOW; i++) {
            assertThat(seen).as("before the window is over").isNull();
            seen = majority.see(isOfCrowd.test(i) ? CROWD : OTHER);
        }
        return seen;
    }

    @Test
    void moreThanHalfOfAWindowIsACrowdOnceItWasCounted() {
        for (int i = 0; i < 3; i++) {
            assertThat(window(request -> request <= HALF)).as("the vote").isNull();
            assertThat(window(request -> request >= HALF - 1)).as("the count").isEqualTo(CROWD);
        }
    }

    @Test
    void whoComesLateMayWinTheVote() {
        assertThat(window(request -> request >= HALF - 1)).isNull();
        assertThat(window(request -> request <= HALF)).isEqualTo(CROWD);
    }

    @Test
    void halfOfAWindowIsNoCrowd() {
        assertThat(window(request -> request <= HALF)).isNull();
        assertThat(window(request -> request < HALF)).isNull();
    }

    @Test
    void theRequestsOfEveryThreadCount() {
        assertThat(window(request -> true)).isNull();
        assertThat(CompletableFuture.supplyAsync(() -> window(request -> true)).join())
                .isEqualTo(CROWD);
    }
}
