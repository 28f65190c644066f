package io.headgate.spring;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.Part;
import java.io.BufferedReader;
import java.io.Reader;
import java.util.Collection;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.util.MultiValueMap;
import org.springframework.web.util.UriComponentsBuilder;
import org.springframework.web.util.UriUtils;

/**
 * A request as one sees it who must not wait for its body: the parameters are those of the query. Spring MVC asks for parameters to
 * find out which controller a request is for, and a container reads a form to the end then.
 */
final class RequestWithoutBody extends HttpServletRequestWrapper {

    /** Null until somebody asks. */
    private @Nullable Map<String, String[]> parameters;

    RequestWithoutBody(HttpServletRequest request) {
        super(request);
    }

    @Override
    public Map<String, String[]> getParameterMap() {
        Map<String, String[]> known = parameters;
        if (known == null) {
            known = Collections.unmodifiableMap(ofQuery(getQueryString()));
            parameters = known;
        }
        return known;
    }

    private static Map<String, String[]> ofQuery(@Nullable String query) {
        Map<String, String[]> decoded = new LinkedHashMap<>();
        MultiValueMap<String, String> written =
                UriComponentsBuilder.newInstance().query(query).build().getQueryParams();
        written.forEach((name, values) -> {
            try {
                decoded.put(
                        decoded(name),
                        values.stream().map(RequestWithoutBody::decoded).toArray(String[]::new));
            } catch (IllegalArgumentException malformed) {
                // As containers do: it is left out.
            }
        });
        return decoded;
    }

    private static String decoded(@Nullable String text) {
        return text == null ? "" : UriUtils.decode(text.replace('+', ' '), "UTF-8");
    }

    @Override
    public @Nullable String getParameter(String name) {
        String[] values = getParameterValues(name);
        return values == null ? null : values[0];
    }

    @Override
    public String @Nullable [] getParameterValues(String name) {
        return getParameterMap().get(name);
    }

    @Override
    public Enumeration<String> getParameterNames() {
        return Collections.enumeration(getParameterMap().keySet());
    }

    @Override
    public Collection<Part> getParts() {
        return List.of();
    }

    @Override
    public @Nullable Part getPart(String name) {
        return null;
    }

    @Override
    public BufferedReader getReader() {
        return new BufferedReader(Reader.nullReader());
    }

    @Override
    public ServletInputStream getInputStream() {
        return new ServletInputStream() {
            @Override
            public boolean isFinished() {
                return true;
            }

            @Override
            public boolean isReady() {
                return true;
            }

            @Override
            public void setReadListener(ReadListener listener) {
                throw new IllegalStateException("there is nothing to be read");
            }

            @Override
            public int read() {
                return -1;
            }
        };
    }
}
