package org.securemed.card.qr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.datamatrix.DataMatrixWriter;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.Year;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.securemed.card.gs1.ApplicationIdentifier;
import org.securemed.card.gs1.ElementString;

class ScannerTest {
    private static final String TOKEN = "securemed:checkin:7fQxv2cY5m0s4WnJtq1zB8kLrHdGpXaEoUiNyTcV3Mw";
    private static final Year NOW = Year.of(2026);

    private final Scanner scanner = new Scanner(Duration.ofSeconds(10));

    private Scan scan(String text, UnaryOperator<BufferedImage> disturbance) throws Exception {
        QrCode code = QrCode.of(text, Recovery.M, QrCode.LARGEST);
        return scanner.scan(Disturbance.png(disturbance.apply(Disturbance.picture(code.png(6)))));
    }

    private static String read(Scan scan) {
        return scan.fold(ScannedCode::text, () -> "ambiguous", () -> "nothing");
    }

    @Test
    void a_code_is_read_as_it_was_written_at_each_level_of_recovery() throws Exception {
        for (Recovery recovery : Recovery.values()) {
            byte[] png = QrCode.of(TOKEN, recovery, QrCode.LARGEST).png(3);
            assertThat(read(scanner.scan(png))).isEqualTo(TOKEN);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 30, 45, 90, 133, 180})
    void a_turned_code_is_read(int degrees) throws Exception {
        assertThat(read(scan(TOKEN, picture -> Disturbance.rotated(picture, degrees))))
                .isEqualTo(TOKEN);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.1, 0.2, 0.3})
    void a_code_that_is_seen_from_the_side_is_read(double k) throws Exception {
        assertThat(read(scan(TOKEN, picture -> Disturbance.tilted(picture, k)))).isEqualTo(TOKEN);
    }

    @Test
    void a_code_under_noise_that_hides_it_from_the_plain_reader_is_read() throws Exception {
        assertThat(read(scan(TOKEN, picture -> Disturbance.noisy(picture, 90, 1))))
                .isEqualTo(TOKEN);
    }

    @Test
    void a_large_code_that_is_bent_is_read() throws Exception {
        StringBuilder digits = new StringBuilder("shc:/");
        Random random = new Random(1);
        for (int i = 0; i < 800; i++) {
            digits.append(random.nextInt(10));
        }
        assertThat(read(scan(digits.toString(), picture -> Disturbance.bent(picture, 0.05))))
                .isEqualTo(digits.toString());
    }

    @Test
    void a_code_that_is_light_on_dark_is_read() throws Exception {
        assertThat(read(scan(TOKEN, Disturbance::inverted))).isEqualTo(TOKEN);
        assertThat(read(scan(TOKEN, picture -> Disturbance.noisy(Disturbance.inverted(picture), 60, 1))))
                .isEqualTo(TOKEN);
    }

    @Test
    void a_blurred_code_is_read() throws Exception {
        assertThat(read(scan(TOKEN, picture -> Disturbance.blurred(picture, 2))))
                .isEqualTo(TOKEN);
    }

    @Test
    void two_codes_that_say_different_things_are_not_chosen_from() throws Exception {
        BufferedImage one = Disturbance.picture(QrCode.of("one", Recovery.M, 5).png(6));
        BufferedImage other =
                Disturbance.picture(QrCode.of("other", Recovery.M, 5).png(6));
        BufferedImage both =
                new BufferedImage(one.getWidth() + other.getWidth(), one.getHeight(), BufferedImage.TYPE_BYTE_BINARY);
        Graphics2D graphics = both.createGraphics();
        graphics.drawImage(one, 0, 0, null);
        graphics.drawImage(other, one.getWidth(), 0, null);
        graphics.dispose();
        assertThat(read(scanner.scan(Disturbance.png(both)))).isEqualTo("ambiguous");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_data_matrix_on_a_medicine_says_which_product_batch_piece_and_expiry(boolean compact) throws Exception {
        String text = "\u001d010950600013435217261231" + "10A1B2\u001d21S-77";
        Map<EncodeHintType, Object> hints = compact
                ? Map.of(EncodeHintType.GS1_FORMAT, true, EncodeHintType.DATA_MATRIX_COMPACT, true)
                : Map.of(EncodeHintType.GS1_FORMAT, true);
        BitMatrix matrix = new DataMatrixWriter()
                .encode(compact ? text.substring(1) : text.substring(1), BarcodeFormat.DATA_MATRIX, 0, 0, hints);
        ScannedContent content = ScannedContent.of(
                scanner.scan(Disturbance.png(drawn(matrix, 5))).fold(code -> code, () -> null, () -> null), NOW);
        ElementString elements = ((ScannedContent.Gs1) content).elements();
        assertThat(elements.value(ApplicationIdentifier.GTIN)).contains("09506000134352");
        assertThat(elements.date(ApplicationIdentifier.EXPIRY)).contains(LocalDate.of(2026, 12, 31));
        assertThat(elements.value(ApplicationIdentifier.BATCH)).contains("A1B2");
        assertThat(elements.value(ApplicationIdentifier.SERIAL)).contains("S-77");
    }

    private static BufferedImage drawn(BitMatrix matrix, int scale) {
        int margin = 4;
        int width = (matrix.getWidth() + 2 * margin) * scale;
        int height = (matrix.getHeight() + 2 * margin) * scale;
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int column = x / scale - margin;
                int row = y / scale - margin;
                boolean inside = column >= 0 && row >= 0 && column < matrix.getWidth() && row < matrix.getHeight();
                image.setRGB(x, y, inside && matrix.get(column, row) ? 0 : 0xffffff);
            }
        }
        return image;
    }

    @Test
    void a_picture_without_a_code_ends_when_time_is_up() throws Exception {
        BufferedImage picture = new BufferedImage(2000, 2000, BufferedImage.TYPE_BYTE_GRAY);
        byte[] noise = new byte[2000 * 2000];
        new Random(7).nextBytes(noise);
        picture.getRaster().setDataElements(0, 0, 2000, 2000, noise);
        long begin = System.nanoTime();
        Scan scan = new Scanner(Duration.ZERO).scan(Disturbance.png(picture));
        assertThat(read(scan)).isEqualTo("nothing");
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void what_is_no_picture_is_refused() {
        refused("not a picture".getBytes(StandardCharsets.US_ASCII), PictureException.Reason.FORMAT);
        refused(new byte[0], PictureException.Reason.FORMAT);
        refused("GIF89a".getBytes(StandardCharsets.US_ASCII), PictureException.Reason.FORMAT);
        refused(new byte[Picture.MAX_BYTES + 1], PictureException.Reason.TOO_LARGE);
    }

    @Test
    void a_small_file_that_claims_to_be_a_huge_picture_is_refused_before_memory_is_taken() throws Exception {
        byte[] png = QrCode.of("x", Recovery.L, 1).png(1);
        // Width and height stand in the IHDR chunk, bytes 16 to 23; its checksum is made right.
        byte[] huge = png.clone();
        huge[16] = 0;
        huge[17] = 0;
        huge[18] = 0x7f;
        huge[19] = (byte) 0xff;
        huge[20] = 0;
        huge[21] = 0;
        huge[22] = 0x7f;
        huge[23] = (byte) 0xff;
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(huge, 12, 17);
        for (int i = 0; i < 4; i++) {
            huge[29 + i] = (byte) (crc.getValue() >> 24 - 8 * i);
        }
        refused(huge, PictureException.Reason.TOO_LARGE);
    }

    @Test
    void a_damaged_picture_is_refused_at_whatever_byte_it_ends_or_changes() throws Exception {
        byte[] png = QrCode.of(TOKEN, Recovery.M, 10).png(1);
        Random random = new Random(20261122);
        for (int cut = 8; cut < png.length; cut += 7) {
            readOrRefused(java.util.Arrays.copyOf(png, cut));
        }
        for (int trial = 0; trial < 300; trial++) {
            byte[] changed = png.clone();
            changed[8 + random.nextInt(png.length - 8)] ^= (byte) (1 + random.nextInt(255));
            readOrRefused(changed);
        }
    }

    /** Nothing but the one exception; a change that does no harm is no harm. */
    private void readOrRefused(byte[] file) {
        try {
            assertThat(read(new Scanner(Duration.ZERO).scan(file))).isNotNull();
        } catch (PictureException e) {
            assertThat(e.reason()).isNotNull();
        }
    }

    @Test
    void a_jpeg_with_thousands_of_scans_is_refused() {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff});
        for (int i = 0; i < 5000; i++) {
            file.writeBytes(new byte[] {(byte) 0xff, (byte) 0xda});
        }
        refused(file.toByteArray(), PictureException.Reason.TOO_LARGE);
    }

    private void refused(byte[] file, PictureException.Reason reason) {
        assertThatThrownBy(() -> scanner.scan(file))
                .isInstanceOfSatisfying(
                        PictureException.class, e -> assertThat(e.reason()).isEqualTo(reason));
    }
}
