package org.securemed.card.qr;

import com.google.zxing.BinaryBitmap;
import com.google.zxing.DecodeHintType;
import com.google.zxing.ReaderException;
import com.google.zxing.common.HybridBinarizer;
import com.google.zxing.qrcode.QRCodeReader;
import java.awt.image.BufferedImage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.securemed.card.judge.Judge;

/**
 * How many disturbed codes are read: by our scanner, by ZXing alone ({@code QRCodeReader}, {@code TRY_HARDER},
 * {@code HybridBinarizer}) and by {@code zbarimg}. Not part of the build: {@code -Dtest=ReadRateBench} runs it, and
 * prints the table of {@code docs/performance/qr.md}.
 */
class ReadRateBench {
    private static final int CODES = 8;
    private static final int SCALE = 6;
    private static final long SEED = 20261122;

    private record Kind(String name, Recovery recovery, List<String> texts) {}

    private record Row(String name, BiFunction<QrCode, Integer, BufferedImage> picture) {}

    @Test
    void print_the_table() throws Exception {
        List<Kind> kinds = List.of(tokens(), cards());
        StringBuilder out = new StringBuilder("\n| disturbance |");
        for (Kind kind : kinds) {
            int version = QrCode.of(kind.texts().get(0), kind.recovery(), 40).version();
            out.append(" %s (V%d-%s): ours | ZXing | zbar |".formatted(kind.name(), version, kind.recovery()));
        }
        out.append("\n| --- |").append(" --- |".repeat(3 * kinds.size())).append('\n');
        for (Row row : rows()) {
            out.append("| ").append(row.name()).append(" |");
            for (Kind kind : kinds) {
                int[] read = read(kind, row);
                out.append(" %d | %d | %d |".formatted(read[0], read[1], read[2]));
            }
            out.append('\n');
        }
        out.append('\n').append(times(kinds));
        System.out.println(out);
    }

    private static Kind tokens() {
        Random random = new Random(SEED);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < CODES; i++) {
            byte[] token = new byte[32];
            random.nextBytes(token);
            texts.add(ScannedContent.CHECK_IN
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(token));
        }
        return new Kind("check-in code", Recovery.M, texts);
    }

    private static Kind cards() {
        Random random = new Random(SEED + 1);
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < CODES; i++) {
            StringBuilder digits = new StringBuilder("shc:/");
            // As long as a card with three immunizations and its signature.
            for (int character = 0; character < 800; character++) {
                digits.append("%02d".formatted(random.nextInt(78)));
            }
            texts.add(digits.toString());
        }
        return new Kind("health card", Recovery.L, texts);
    }

    private static List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("none", (code, i) -> drawn(code, SCALE)));
        for (int degrees : new int[] {5, 30, 45, 133, 180}) {
            rows.add(new Row(
                    "turned by %d°".formatted(degrees), (code, i) -> Disturbance.rotated(drawn(code, SCALE), degrees)));
        }
        for (double blur : new double[] {0.3, 0.5, 0.7, 0.9}) {
            rows.add(new Row(
                    String.format(Locale.ROOT, "blurred, sigma %.1f modules", blur),
                    (code, i) -> Disturbance.blurred(drawn(code, SCALE), blur * SCALE)));
        }
        for (int noise : new int[] {40, 60, 80, 100, 120}) {
            rows.add(new Row(
                    "noise, deviation %d of 255".formatted(noise),
                    (code, i) -> Disturbance.noisy(drawn(code, SCALE), noise, SEED + i)));
        }
        for (double tilt : new double[] {0.05, 0.1, 0.2, 0.3, 0.4}) {
            rows.add(new Row(
                    String.format(Locale.ROOT, "perspective, k = %.2f", tilt),
                    (code, i) -> Disturbance.tilted(drawn(code, SCALE), tilt)));
        }
        rows.add(new Row(
                "turned by 20°, k = 0.10, noise 30",
                (code, i) -> Disturbance.noisy(
                        Disturbance.rotated(Disturbance.tilted(drawn(code, SCALE), 0.1), 20), 30, SEED + i)));
        rows.add(new Row("light falling to 15 %", (code, i) -> Disturbance.shaded(drawn(code, SCALE), 0.15)));
        rows.add(new Row("light on dark", (code, i) -> Disturbance.inverted(drawn(code, SCALE))));
        for (double bend : new double[] {0.05, 0.1}) {
            rows.add(new Row(
                    String.format(Locale.ROOT, "bent as by a lens, %.2f", bend),
                    (code, i) -> Disturbance.bent(drawn(code, SCALE), bend)));
        }
        rows.add(new Row(
                "moved by 0.8 modules", (code, i) -> Disturbance.moved(drawn(code, SCALE), (int) (0.8 * SCALE))));
        for (int scale : new int[] {3, 2, 1}) {
            rows.add(new Row(
                    "%d pixels per module, turned by 7°".formatted(scale),
                    (code, i) -> Disturbance.rotated(drawn(code, scale), 7)));
        }
        return rows;
    }

    private static BufferedImage drawn(QrCode code, int scale) {
        return Disturbance.picture(code.png(scale));
    }

    /** How many of {@link #CODES}: ours, ZXing alone, zbar. */
    private static int[] read(Kind kind, Row row) throws Exception {
        int[] read = new int[3];
        for (int i = 0; i < kind.texts().size(); i++) {
            String text = kind.texts().get(i);
            byte[] png = Disturbance.png(row.picture().apply(QrCode.of(text, kind.recovery(), 40), i));
            read[0] += ours(png).equals(text) ? 1 : 0;
            read[1] += zxing(png).equals(text) ? 1 : 0;
            read[2] += Judge.zbar(png).equals(text) ? 1 : 0;
        }
        return read;
    }

    private static String ours(byte[] png) throws Exception {
        return new Scanner(Duration.ofSeconds(2)).scan(png).fold(ScannedCode::text, () -> "", () -> "");
    }

    private static String zxing(byte[] png) throws Exception {
        try {
            return new QRCodeReader()
                    .decode(
                            new BinaryBitmap(
                                    new HybridBinarizer(Picture.read(png).source())),
                            Map.of(DecodeHintType.TRY_HARDER, true))
                    .getText();
        } catch (ReaderException e) {
            return "";
        }
    }

    private static String times(List<Kind> kinds) throws Exception {
        StringBuilder out = new StringBuilder("| median of 41, warm | ms |\n| --- | --- |\n");
        Map<String, byte[]> pictures = new LinkedHashMap<>();
        for (Kind kind : kinds) {
            String text = kind.texts().get(0);
            out.append(line(kind.name() + ": encode", () -> QrCode.of(text, kind.recovery(), 40)));
            QrCode code = QrCode.of(text, kind.recovery(), 40);
            out.append(line(kind.name() + ": PNG, 6 pixels per module", () -> code.png(SCALE)));
            out.append(line(kind.name() + ": SVG", code::svg));
            pictures.put(kind.name() + ": read, as drawn", code.png(SCALE));
            pictures.put(
                    kind.name() + ": read, noise 100",
                    Disturbance.png(Disturbance.noisy(drawn(code, SCALE), 100, SEED)));
        }
        for (Map.Entry<String, byte[]> picture : pictures.entrySet()) {
            out.append(line(picture.getKey(), () -> ours(picture.getValue())));
        }
        BufferedImage grey = Disturbance.noisy(new BufferedImage(1200, 900, BufferedImage.TYPE_BYTE_GRAY), 60, SEED);
        byte[] nothing = Disturbance.png(grey);
        out.append(
                line("1200 by 900 pixels of noise, limit 2 s", () -> new Scanner(Duration.ofSeconds(2)).scan(nothing)));
        return out.toString();
    }

    private interface Work {
        Object run() throws Exception;
    }

    private static String line(String name, Work work) throws Exception {
        double[] millis = new double[41];
        int sink = 0;
        for (int i = 0; i < millis.length; i++) {
            long begin = System.nanoTime();
            sink += work.run().hashCode();
            millis[i] = (System.nanoTime() - begin) / 1e6;
        }
        Arrays.sort(millis);
        return String.format(Locale.ROOT, "| %s | %.1f |%s%n", name, millis[20], sink == 42 ? " " : "");
    }
}
