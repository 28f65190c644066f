package io.headgate.http;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what the limiter of requests logs, until it is closed. */
final class LogRecords extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger(RequestLimiter.class.getName());
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    LogRecords() {
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    List<String> warnings() {
        return messages(Level.WARNING);
    }

    /** Lines about what went wrong, without those about what looks misconfigured. */
    List<String> failures() {
        return warnings().stream().filter(line -> line.contains(" failed (")).toList();
    }

    List<String> messages(Level level) {
        return records.stream()
                .filter(line -> line.getLevel().equals(level))
                .map(LogRecord::getMessage)
                .toList();
    }

    /** Everything that a log file would show. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (LogRecord line : records) {
            text.append(line.getMessage()).append('\n');
            if (line.getThrown() != null) {
                var out = new StringWriter();
                line.getThrown().printStackTrace(new PrintWriter(out, true));
                text.append(out);
            }
        }
        return text.toString();
    }

    @Override
    public void publish(LogRecord line) {
        records.add(line);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
