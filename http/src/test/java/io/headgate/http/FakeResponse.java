package io.headgate.http;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A response that remembers what it is told. */
final class FakeResponse implements HttpResponse {

    int status = 200;
    boolean committed;
    OptionalLong bodyBytes = OptionalLong.empty();
    /** Header lines such as {@code Retry-After: 1}, in the order in which they were written. */
    final List<String> lines = new ArrayList<>();

    /** The value of a header; empty if it is not there. */
    String field(String name) {
        String value = header(name);
        return value == null ? "" : value;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public boolean isCommitted() {
        return committed;
    }

    @Override
    public @Nullable String header(String name) {
        return lines.stream()
                .filter(line -> line.regionMatches(true, 0, name + ": ", 0, name.length() + 2))
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
    public OptionalLong bodyBytes() {
        return bodyBytes.isPresent() ? bodyBytes : HttpResponse.super.bodyBytes();
    }
}
