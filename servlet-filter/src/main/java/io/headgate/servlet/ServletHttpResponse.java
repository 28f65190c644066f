package io.headgate.servlet;

import io.headgate.http.HttpResponse;
import jakarta.servlet.http.HttpServletResponse;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A servlet response, as the limiter of requests sees it. */
final class ServletHttpResponse implements HttpResponse {

    private final HttpServletResponse response;

    ServletHttpResponse(HttpServletResponse response) {
        this.response = response;
    }

    @Override
    public int status() {
        return response.getStatus();
    }

    @Override
    public boolean isCommitted() {
        return response.isCommitted();
    }

    @Override
    public @Nullable String header(String name) {
        return response.getHeader(name);
    }

    @Override
    public void setHeader(String name, String value) {
        response.setHeader(name, value);
    }

    @Override
    public void addHeader(String name, String value) {
        response.addHeader(name, value);
    }

    /** What the application said: a container counts bytes, but does not tell. */
    @Override
    public OptionalLong bodyBytes() {
        String length = response.getHeader("Content-Length");
        return length != null && length.matches("[0-9]{1,18}")
                ? OptionalLong.of(Long.parseLong(length))
                : OptionalLong.empty();
    }
}
