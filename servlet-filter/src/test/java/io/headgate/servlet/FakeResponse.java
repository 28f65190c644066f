package io.headgate.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** As much of a response as the filter writes; everything else throws. */
abstract class FakeResponse implements HttpServletResponse {

    int status = 200;
    boolean committed;
    /** Whether somebody has asked for the writer before, so that there is no stream. */
    boolean writerIsTaken;
    /** Header lines such as {@code Retry-After: 1}, in the order in which they were written. */
    final List<String> lines = new ArrayList<>();

    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private final PrintWriter writer = new PrintWriter(body, false, StandardCharsets.UTF_8);

    static FakeResponse fresh() {
        return Partial.of(FakeResponse.class);
    }

    String body() {
        writer.flush();
        return body.toString(StandardCharsets.UTF_8);
    }

    /** The value of a header; empty if it is not there. */
    String field(String name) {
        String value = getHeader(name);
        return value == null ? "" : value;
    }

    @Override
    public @Nullable String getHeader(String name) {
        return lines.stream()
                .filter(line -> line.startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2))
                .findFirst()
                .orElse(null);
    }

    @Override
    public void setHeader(String name, String value) {
        lines.removeIf(line -> line.startsWith(name + ": "));
        addHeader(name, value);
    }

    @Override
    public void addHeader(String name, String value) {
        lines.add(name + ": " + value);
    }

    @Override
    public void setContentType(String type) {
        addHeader("Content-Type", type);
    }

    @Override
    public String getCharacterEncoding() {
        return "ISO-8859-1";
    }

    @Override
    public void setContentLength(int length) {
        addHeader("Content-Length", Integer.toString(length));
    }

    @Override
    public int getStatus() {
        return status;
    }

    @Override
    public void setStatus(int status) {
        this.status = status;
    }

    @Override
    public boolean isCommitted() {
        return committed;
    }

    @Override
    public void resetBuffer() {
        writer.flush();
        body.reset();
    }

    @Override
    public PrintWriter getWriter() {
        return writer;
    }

    @Override
    public ServletOutputStream getOutputStream() {
        if (writerIsTaken) {
            throw new IllegalStateException("the writer is taken");
        }
        return new Out(body);
    }

    private static final class Out extends ServletOutputStream {

        private final ByteArrayOutputStream body;

        Out(ByteArrayOutputStream body) {
            this.body = body;
        }

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
