package io.headgate.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.doReturn;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.headgate.Limit;
import io.headgate.http.RequestLimiter;
import io.headgate.http.Rule;
import io.headgate.http.Warning;
import io.headgate.testing.FakeTicker;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletRegistration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MappingsTest {

    private final ServletContext context = mock(ServletContext.class);
    private final RequestLimiter limits = RequestLimiter.builder()
            .limits(Limit.parse("1/minute"))
            .rule(Rule.parse("login: /login 1/minute"), Rule.parse("api: /api/* 1/minute"))
            .ticker(new FakeTicker())
            .build();

    private static FilterRegistration filter(Class<? extends Filter> type, String... patterns) {
        FilterRegistration registration = mock(FilterRegistration.class);
        when(registration.getClassName()).thenReturn(type.getName());
        when(registration.getUrlPatternMappings()).thenReturn(List.of(patterns));
        return registration;
    }

    private static ServletRegistration servlet(String... patterns) {
        ServletRegistration registration = mock(ServletRegistration.class);
        when(registration.getMappings()).thenReturn(List.of(patterns));
        return registration;
    }

    private @Nullable String told(
            FilterRegistration own, Map<String, FilterRegistration> others, Map<String, ServletRegistration> servlets) {
        when(context.getFilterRegistration("limits")).thenReturn(own);
        doReturn(others).when(context).getFilterRegistrations();
        doReturn(servlets).when(context).getServletRegistrations();
        Mappings.tell(limits, context, "limits");
        return limits.warningTexts().get(Warning.UNREACHABLE_RULE);
    }

    @Test
    void aRuleForPathsThatNobodyServesIsWarnedOf() {
        FilterRegistration own = filter(RateLimitFilter.class, "/*");
        assertThat(told(
                        own,
                        Map.of(
                                "limits",
                                own,
                                "more",
                                filter(RateLimitFilter.class, "/login"),
                                "f",
                                filter(Filter.class, "/f/*")),
                        Map.of("api", servlet("/api/*", "/b"))))
                .contains(
                        "the rule \"login\" can probably never match: servlets and other filters are mapped to /api/*, /b, /f/* alone")
                .doesNotContain("\"api\"");
    }

    @Test
    void anotherFilterMayServeIt() {
        FilterRegistration own = filter(RateLimitFilter.class, "/*");
        assertThat(told(
                        own,
                        Map.of("limits", own, "f", filter(Filter.class, "/login")),
                        Map.of("api", servlet("/api/*"))))
                .isNull();
    }

    @Test
    void aServletForEverythingMayServeIt() {
        FilterRegistration own = filter(RateLimitFilter.class, "/*");
        assertThat(told(own, Map.of("limits", own), Map.of("api", servlet("/api/*"), "default", servlet("/"))))
                .isNull();
    }

    /** Mapped by the name of a servlet, the filter gets that one's requests, too. */
    @Test
    void whatIsNotToldIsNotHeldAgainstARule() {
        FilterRegistration named = filter(RateLimitFilter.class, "/api/*");
        when(named.getServletNameMappings()).thenReturn(List.of("login"));
        assertThat(told(named, Map.of("limits", named), Map.of("login", servlet("/login"), "api", servlet("/api/*"))))
                .isNull();
        assertThat(told(filter(RateLimitFilter.class), Map.of(), Map.of())).isNull();
        assertThat(told(filter(RateLimitFilter.class, "/*"), Map.of(), Map.of()))
                .isNull();
        when(context.getFilterRegistration("other")).thenReturn(null);
        Mappings.tell(limits, context, "other");
        when(context.getFilterRegistration("other")).thenThrow(new UnsupportedOperationException());
        Mappings.tell(limits, context, "other");
        assertThat(limits.warnings()).doesNotContain(Warning.UNREACHABLE_RULE);
    }
}
