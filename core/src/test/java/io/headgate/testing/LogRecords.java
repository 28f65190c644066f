package io.headgate.testing;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what a class logs, in place of the console, until it is closed. Thread-safe. */
public final class LogRecords extends Handler implements AutoCloseable {

    private final Logger logger;
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();

    /**
     * Begins to collect.
     *
     * @param of the class that logs under its name
     */
    public LogRecords(Class<?> of) {
        logger = Logger.getLogger(of.getName());
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    /**
     * Messages that are warnings.
     *
     * @return in the order in which they were logged
     */
    public List<String> warnings() {
        return messages(Level.WARNING);
    }

    /**
     * Warnings of what failed, without those of what looks misconfigured.
     *
     * @return in the order in which they were logged
     */
    public List<String> failures() {
        return warnings().stream().filter(line -> line.contains(" failed (")).toList();
    }

    /**
     * Messages of a level.
     *
     * @param level the level
     * @return in the order in which they were logged
     */
    public List<String> messages(Level level) {
        return records.stream()
                .filter(line -> line.getLevel().equals(level))
                .map(LogRecord::getMessage)
                .toList();
    }

    /**
     * Everything that a log file would show.
     *
     * @return messages and stack traces
     */
    public String text() {
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
