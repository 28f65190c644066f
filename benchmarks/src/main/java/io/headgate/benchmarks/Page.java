package io.headgate.benchmarks;

import java.util.Locale;

/** A page of Markdown that is written from top to bottom. */
final class Page {

    private final StringBuilder text = new StringBuilder();

    void title(String title) {
        line("# " + title);
    }

    void heading(String heading) {
        line("");
        line("## " + heading);
    }

    void paragraph(String... lines) {
        line("");
        for (String line : lines) {
            line(line);
        }
    }

    /** Begins a table: the first column is text, the others are numbers. */
    void table(String... columns) {
        line("");
        row((Object[]) columns);
        line("|---" + "|--:".repeat(columns.length - 1) + "|");
    }

    /** Numbers that are not whole are written in three digits or more. */
    void row(Object... cells) {
        StringBuilder row = new StringBuilder("|");
        for (Object cell : cells) {
            row.append(' ')
                    .append(cell instanceof Double number ? number(number) : cell)
                    .append(" |");
        }
        line(row.toString());
    }

    private static String number(double number) {
        if (Double.isNaN(number)) {
            return "";
        }
        double size = Math.abs(number);
        String format = size < 10 ? "%.2f" : size < 100 ? "%.1f" : "%,.0f";
        return size < 0.005 ? "0" : String.format(Locale.ROOT, format, number);
    }

    void line(String line) {
        text.append(line).append('\n');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
