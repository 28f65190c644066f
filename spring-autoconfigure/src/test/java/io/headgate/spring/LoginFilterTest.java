package io.headgate.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** Whose login it is that a thread sees. */
class LoginFilterTest {

    private final LoginFilter filter = new LoginFilter();

    private void dispatch(ServletRequest request, FilterChain chain) throws IOException, ServletException {
        filter.doFilter(request, new MockHttpServletResponse(), chain);
    }

    /** True if it failed, false if it passed, null if nothing was seen. */
    private static @Nullable Boolean seen(ServletRequest request) {
        return LoginOutcome.of(request).hasFailed();
    }

    private static void see(boolean failure) {
        if (failure) {
            LoginOutcome.failed();
        } else {
            LoginOutcome.passed();
        }
    }

    @Test
    void aFailureCountsWhateverPassesBesideIt() throws Exception {
        for (boolean failsFirst : new boolean[] {true, false}) {
            MockHttpServletRequest request = new MockHttpServletRequest();
            dispatch(request, (r, s) -> {
                see(failsFirst);
                assertThat(seen(request)).isEqualTo(failsFirst);
                see(!failsFirst);
            });
            assertThat(seen(request)).isTrue();
        }
    }

    @Test
    void nothingIsKnownOutsideOfARequest() throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest();
        dispatch(request, (r, s) -> {});
        LoginOutcome.failed();
        assertThat(seen(request)).isNull();
        assertThatExceptionOfType(ServletException.class)
                .isThrownBy(() -> dispatch(request, (r, s) -> {
                    throw new ServletException("no");
                }));
        LoginOutcome.failed();
        LoginOutcome.passed();
        assertThat(seen(request)).isNull();
    }

    /** As a forward, or a request to the application that it makes itself on the same thread. */
    @Test
    void dispatchesWithinOthersKeepThemApart() throws Exception {
        MockHttpServletRequest outer = new MockHttpServletRequest();
        MockHttpServletRequest inner = new MockHttpServletRequest();
        dispatch(outer, (r, s) -> {
            dispatch(inner, (r2, s2) -> LoginOutcome.failed());
            LoginOutcome.passed();
        });
        assertThat(seen(inner)).isTrue();
        assertThat(seen(outer)).isFalse();
        dispatch(outer, (r, s) -> dispatch(outer, (r2, s2) -> LoginOutcome.failed()));
        assertThat(seen(outer)).isTrue();
    }

    @Test
    void laterDispatchesOfARequestAddToTheFirst() throws Exception {
        MockHttpServletRequest request = new MockHttpServletRequest();
        dispatch(request, (r, s) -> LoginOutcome.failed());
        dispatch(request, (r, s) -> LoginOutcome.passed());
        assertThat(seen(request)).isTrue();
    }
}
