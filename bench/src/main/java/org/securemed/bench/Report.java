package org.securemed.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Collects figures; prints each as a line of JSON when it is known, and all of them as a table in the end. */
public final class Report {
    private final PrintStream out;
    private final List<Figure> figures = new ArrayList<>();

    public Report(PrintStream out) {
        this.out = out;
    }

    public void add(Figure figure) {
        figures.add(figure);
        out.println(figure.json());
    }

    public void printTable() {
        int width = figures.stream()
                .mapToInt(figure -> figure.name().length())
                .max()
                .orElse(0);
        out.println();
        out.printf(
                Locale.ROOT,
                "%-" + (width + 1) + "s%12s%12s  %-12s%8s%6s%n",
                "",
                "ours",
                "rival",
                "unit",
                "ratio",
                "runs");
        for (Figure figure : figures) {
            out.printf(
                    Locale.ROOT,
                    "%-" + (width + 1) + "s%12s%12s  %-12s%8.2f%6d%n",
                    figure.name(),
                    number(figure.ours()),
                    number(figure.rival()),
                    figure.unit(),
                    figure.ratio(),
                    figure.runs());
        }
    }

    public void write(Path file) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.write(file, figures.stream().map(Figure::json).toList());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value);
    }
}
