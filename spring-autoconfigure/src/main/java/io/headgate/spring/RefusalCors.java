package io.headgate.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.util.StringUtils;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.cors.CorsConfigurationSource;
import org.springframework.web.cors.CorsUtils;

/**
 * Adds to a refusal what the application's own CORS rules say of a request, so that a script of another origin can read it. Requests
 * that pass, and pre-flights, reach those rules themselves. Thread-safe.
 */
final class RefusalCors implements BiConsumer<HttpServletRequest, HttpServletResponse> {

    /** The bean by which Spring MVC tells its mappings. */
    private static final String MVC = "mvcHandlerMappingIntrospector";

    /** The bean that Spring Security asks. */
    private static final String SECURITY = "corsConfigurationSource";

    /** What a script is to learn of a refusal. */
    private static final List<String> FIELDS = List.of(
            HttpHeaders.RETRY_AFTER,
            "RateLimit",
            "RateLimit-Policy",
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset");

    /** Asked for at the first refusal: the filter is made before the beans of the web are. */
    private final SingletonSupplier<List<CorsConfigurationSource>> sources;

    RefusalCors(ListableBeanFactory beans) {
        sources =
                SingletonSupplier.of(() -> sources(beans.getBeansOfType(CorsConfigurationSource.class, false, false)));
    }

    /** In the order in which the application asks them: that of Spring Security, or any of its own; then its controllers. */
    private static List<CorsConfigurationSource> sources(Map<String, CorsConfigurationSource> beans) {
        CorsConfigurationSource security = beans.get(SECURITY);
        CorsConfigurationSource mvc = beans.get(MVC);
        List<CorsConfigurationSource> sources = new ArrayList<>(security == null ? beans.values() : List.of(security));
        sources.remove(mvc);
        if (mvc != null) {
            sources.add(mvc);
        }
        return sources;
    }

    @Override
    public void accept(HttpServletRequest request, HttpServletResponse response) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin == null || CorsUtils.isPreFlightRequest(request)) {
            return;
        }
        if (response.getHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN) != null) {
            // A filter before ours has applied its rules, which know nothing of our fields.
            expose(response, response.getHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS));
            return;
        }
        CorsConfiguration cors = configuration(new RequestWithoutBody(request));
        String allowed = cors == null ? null : cors.checkOrigin(origin);
        if (cors == null || allowed == null) {
            return;
        }
        response.addHeader(HttpHeaders.VARY, HttpHeaders.ORIGIN);
        response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if (Boolean.TRUE.equals(cors.getAllowCredentials())) {
            response.setHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        List<String> exposed = cors.getExposedHeaders();
        expose(response, exposed == null ? null : String.join(", ", exposed));
    }

    private @Nullable CorsConfiguration configuration(HttpServletRequest request) {
        for (CorsConfigurationSource source : sources.obtain()) {
            CorsConfiguration cors = source.getCorsConfiguration(request);
            if (cors != null) {
                return cors;
            }
        }
        return null;
    }

    /** Exposes what the application does, and of our fields those that are there. */
    private static void expose(HttpServletResponse response, @Nullable String exposed) {
        List<String> names = new ArrayList<>();
        if (StringUtils.hasText(exposed)) {
            names.addAll(List.of(exposed.strip().split(" *, *", -1)));
        }
        FIELDS.stream()
                .filter(name ->
                        response.getHeader(name) != null && names.stream().noneMatch(name::equalsIgnoreCase))
                .forEach(names::add);
        if (!names.isEmpty()) {
            response.setHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, String.join(", ", names));
        }
    }
}
