package io.headgate.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** As much of a response as the filter writes; everything else throws. */
final class FakeResponse {

    int status = 200;
    boolean committed;
    /** Header lines such as {@code Retry-After: 1}, in the order in which they were written. */
    final List<String> lines = new ArrayList<>();

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    HttpServletResponse http() {
        return (HttpServletResponse) Proxy.newProxyInstance(
                FakeResponse.class.getClassLoader(),
                new Class<?>[] {HttpServletResponse.class},
                (proxy, called, args) -> answer(called.getName(), args));
    }

    String body() {
        return body.toString(StandardCharsets.UTF_8);
    }

    /** The value of a header; empty if it is not there. */
    String field(String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse("");
    }

    private @Nullable Object answer(String called, Object @Nullable [] args) {
        Object[] given = args == null ? new Object[0] : args;
        switch (called) {
            case "setStatus" -> status = (int) given[0];
            case "setHeader" -> {
                lines.removeIf(line -> line.startsWith(given[0] + ": "));
                lines.add(given[0] + ": " + given[1]);
            }
            case "addHeader" -> lines.add(given[0] + ": " + given[1]);
            case "setContentType" -> lines.add("Content-Type: " + given[0]);
            case "setContentLength" -> lines.add("Content-Length: " + given[0]);
            case "resetBuffer" -> body.reset();
            case "isCommitted" -> {
                return committed;
            }
            case "getStatus" -> {
                return status;
            }
            case "getOutputStream" -> {
                return new Out();
            }
            default -> throw new UnsupportedOperationException(called);
        }
        return null;
    }

    private final class Out extends ServletOutputStream {

        @Override
        public void write(int b) {
            body.write(b);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {}
    }
}
