package org.securemed.fhir.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Objects;
import java.util.TimeZone;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.font.PDFont;
import org.apache.pdfbox.pdmodel.font.PDType0Font;

/**
 * A table as PDF: A4 across, its heading row on each page, cells wrapped. Characters that Liberation Sans lacks (it has
 * Latin, Greek and Cyrillic) become a replacement mark, so that nothing is lost unseen. One thread.
 */
final class AccountingPdf {
    private static final String FONT = "/org/apache/pdfbox/resources/ttf/LiberationSans-Regular.ttf";
    private static final PDRectangle PAGE = new PDRectangle(PDRectangle.A4.getHeight(), PDRectangle.A4.getWidth());
    private static final float MARGIN = 36;
    private static final float SIZE = 8;
    private static final float LINE = 10;
    private static final float GAP = 4;
    private static final String MISSING = "?";

    private final PDDocument document;
    private final PDFont font;
    private final float[] widths;
    private final List<PDPage> pages = new ArrayList<>();
    private PDPageContentStream content;
    private float y;

    private AccountingPdf(PDDocument document, PDFont font, float[] widths) throws IOException {
        this.document = document;
        this.font = font;
        this.widths = widths;
        this.content = newPage();
    }

    /**
     * The bytes of the document.
     *
     * @param title the document's title and first line
     * @param lines above the table
     * @param shares how the columns share the width; as many as columns
     * @param heading one text for each column
     * @param rows one text for each column in each
     */
    static byte[] of(String title, List<String> lines, float[] shares, List<String> heading, List<List<String>> rows) {
        try (PDDocument document = new PDDocument();
                InputStream file = Objects.requireNonNull(PDDocument.class.getResourceAsStream(FONT), FONT)) {
            PDFont font = PDType0Font.load(document, file, true);
            AccountingPdf pdf = new AccountingPdf(document, font, widths(shares));
            document.getDocumentInformation().setTitle(title);
            document.getDocumentInformation().setProducer("SecureMed");
            document.getDocumentInformation().setCreationDate(new GregorianCalendar(TimeZone.getTimeZone("UTC")));
            pdf.text(MARGIN, 14, pdf.printable(title));
            pdf.y -= 2 * LINE;
            for (String line : lines) {
                for (String part : pdf.wrapped(line, PAGE.getWidth() - 2 * MARGIN)) {
                    pdf.text(MARGIN, SIZE, part);
                    pdf.y -= LINE;
                }
            }
            pdf.y -= LINE;
            pdf.row(heading, heading);
            for (List<String> row : rows) {
                pdf.row(row, heading);
            }
            pdf.content.close();
            pdf.numberPages();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            document.save(bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException("a document in memory can be written", e);
        }
    }

    private static float[] widths(float[] shares) {
        float all = 0;
        for (float share : shares) {
            all += share;
        }
        float[] widths = new float[shares.length];
        for (int i = 0; i < shares.length; i++) {
            widths[i] = (PAGE.getWidth() - 2 * MARGIN) * shares[i] / all;
        }
        return widths;
    }

    private PDPageContentStream newPage() throws IOException {
        PDPage page = new PDPage(PAGE);
        document.addPage(page);
        pages.add(page);
        y = PAGE.getHeight() - MARGIN - LINE;
        return new PDPageContentStream(document, page);
    }

    private void row(List<String> cells, List<String> heading) throws IOException {
        List<List<String>> wrapped = new ArrayList<>();
        int lines = 1;
        for (int i = 0; i < widths.length; i++) {
            List<String> cell = wrapped(cells.get(i), widths[i] - GAP);
            wrapped.add(cell);
            lines = Math.max(lines, cell.size());
        }
        for (int line = 0; line < lines; line++) {
            if (y < MARGIN + 2 * LINE) {
                content.close();
                content = newPage();
                if (cells != heading) {
                    row(heading, heading);
                }
            }
            float x = MARGIN;
            for (int i = 0; i < widths.length; i++) {
                if (line < wrapped.get(i).size()) {
                    text(x, SIZE, wrapped.get(i).get(line));
                }
                x += widths[i];
            }
            y -= LINE;
        }
        content.moveTo(MARGIN, y + LINE - 3);
        content.lineTo(PAGE.getWidth() - MARGIN, y + LINE - 3);
        content.setLineWidth(cells == heading ? 0.8f : 0.2f);
        content.stroke();
        y -= GAP / 2;
    }

    private void text(float x, float size, String text) throws IOException {
        content.beginText();
        content.setFont(font, size);
        content.newLineAtOffset(x, y);
        content.showText(text);
        content.endText();
    }

    private List<String> wrapped(String cell, float width) throws IOException {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : printable(cell).split(" ")) {
            String rest = word;
            if (line.length() > 0 && width(line + " " + rest) > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            while (width(rest) > width && rest.length() > 1) {
                int fits = 1;
                while (fits < rest.length() && width(rest.substring(0, fits + 1)) <= width) {
                    fits++;
                }
                lines.add(rest.substring(0, fits));
                rest = rest.substring(fits);
            }
            line.append(line.length() == 0 ? "" : " ").append(rest);
        }
        lines.add(line.toString());
        return lines;
    }

    private float width(String text) throws IOException {
        return font.getStringWidth(text) / 1000 * SIZE;
    }

    private String printable(String text) {
        StringBuilder printable = new StringBuilder();
        text.codePoints().forEach(point -> {
            String one =
                    Character.isWhitespace(point) || Character.isISOControl(point) ? " " : Character.toString(point);
            try {
                font.encode(one);
                printable.append(one);
            } catch (IllegalArgumentException e) {
                printable.append(MISSING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return printable.toString();
    }

    private void numberPages() throws IOException {
        for (int i = 0; i < pages.size(); i++) {
            try (PDPageContentStream footer = new PDPageContentStream(
                    document, pages.get(i), PDPageContentStream.AppendMode.APPEND, true, true)) {
                footer.beginText();
                footer.setFont(font, SIZE);
                footer.newLineAtOffset(PAGE.getWidth() - MARGIN - 60, MARGIN / 2);
                footer.showText("Page %d of %d".formatted(i + 1, pages.size()));
                footer.endText();
            }
        }
    }
}
