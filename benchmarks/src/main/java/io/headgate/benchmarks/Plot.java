package io.headgate.benchmarks;

import java.util.Locale;

/** Bars in SVG: the latency of a decision next to the floor, a group for each number of clients. */
final class Plot {

    private static final int LABELS = 150;
    private static final int WIDTH = 420;
    private static final int BAR = 16;

    private Plot() {}

    static String bars(Results results, int... sizes) {
        double longest = 1;
        for (int size : sizes) {
            for (String contender : Contender.NAMES) {
                longest = Math.max(longest, results.get(name(size, contender)));
            }
        }
        StringBuilder svg = new StringBuilder();
        int y = 10;
        for (int size : sizes) {
            y += 24;
            text(svg, 4, y - 6, String.format(Locale.ROOT, "%,d clients, ns a decision (latency)", size));
            for (String contender : Contender.NAMES) {
                double score = results.get(name(size, contender));
                int width = (int) Math.max(1, WIDTH * score / longest);
                text(svg, 12, y + BAR - 4, contender);
                svg.append(String.format(
                        Locale.ROOT,
                        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n",
                        LABELS,
                        y,
                        width,
                        BAR - 3,
                        contender.startsWith("headgate")
                                ? "#2a7f62"
                                : contender.equals("floor") ? "#999999" : "#c97b3d"));
                text(svg, LABELS + width + 4, y + BAR - 4, String.format(Locale.ROOT, "%.0f", score));
                y += BAR;
            }
        }
        return String.format(
                        Locale.ROOT,
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\""
                                + " font-family=\"sans-serif\" font-size=\"11\">%n"
                                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                        LABELS + WIDTH + 50,
                        y + 10)
                + svg
                + "</svg>\n";
    }

    private static String name(int size, String contender) {
        return "DecisionBenchmark.latency/" + size + "/uniform/" + contender;
    }

    private static void text(StringBuilder svg, int x, int y, String text) {
        svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\">%s</text>%n", x, y, text));
    }
}
