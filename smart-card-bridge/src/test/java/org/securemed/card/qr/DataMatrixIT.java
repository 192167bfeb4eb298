package org.securemed.card.qr;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.zxing.BarcodeFormat;
import com.google.zxing.EncodeHintType;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.datamatrix.DataMatrixWriter;
import java.awt.image.BufferedImage;
import java.time.Duration;
import java.time.LocalDate;
import java.time.Year;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.securemed.card.gs1.ApplicationIdentifier;
import org.securemed.card.gs1.ElementString;
import org.securemed.card.judge.Judge;

/** DataMatrix as libdmtx has it, which knows nothing of ours. */
class DataMatrixIT {
    private static final String ELEMENTS = "010950600013435217261231" + "10A1B2\u001d21S-77";
    private static final int PIXELS = 5;
    private static final int MARGIN = 4;

    private final Scanner scanner = new Scanner(Duration.ofSeconds(10));

    @Test
    void what_another_program_writes_on_a_medicine_is_read() throws Exception {
        byte[] picture = Judge.dmtxPicture("\u001d" + ELEMENTS);

        ScannedCode code = scanned(picture).orElseThrow();
        ElementString elements = ((ScannedContent.Gs1) ScannedContent.of(code, Year.of(2026))).elements();
        assertThat(elements.value(ApplicationIdentifier.GTIN)).contains("09506000134352");
        assertThat(elements.date(ApplicationIdentifier.EXPIRY)).contains(LocalDate.of(2026, 12, 31));
        assertThat(elements.value(ApplicationIdentifier.BATCH)).contains("A1B2");
        assertThat(elements.value(ApplicationIdentifier.SERIAL)).contains("S-77");
    }

    @Test
    void another_decoder_reads_in_the_same_picture_what_ours_reads() throws Exception {
        byte[] picture = Disturbance.png(drawn(0));

        ScannedCode code = scanned(picture).orElseThrow();
        assertThat(Judge.dmtx(picture).replaceAll("^\u001d", ""))
                .isEqualTo(code.text().replaceAll("^(]d2)?\u001d?", ""))
                .isEqualTo(ELEMENTS);
    }

    @Test
    void of_a_torn_code_neither_makes_another() throws Exception {
        byte[] picture = Disturbance.png(drawn(9));

        assertThat(Judge.dmtx(picture)).isEmpty();
        assertThat(scanned(picture)).isEmpty();
    }

    private Optional<ScannedCode> scanned(byte[] picture) throws Exception {
        return scanner.scan(picture).fold(Optional::of, Optional::empty, Optional::empty);
    }

    /** @param torn columns that are white, from the middle */
    private static BufferedImage drawn(int torn) throws Exception {
        BitMatrix matrix = new DataMatrixWriter()
                .encode(ELEMENTS, BarcodeFormat.DATA_MATRIX, 0, 0, Map.of(EncodeHintType.GS1_FORMAT, true));
        int middle = matrix.getWidth() / 2;
        BufferedImage image = new BufferedImage(
                (matrix.getWidth() + 2 * MARGIN) * PIXELS,
                (matrix.getHeight() + 2 * MARGIN) * PIXELS,
                BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int x = 0; x < image.getWidth(); x++) {
                int column = x / PIXELS - MARGIN;
                int row = y / PIXELS - MARGIN;
                boolean inside = column >= 0 && row >= 0 && column < matrix.getWidth() && row < matrix.getHeight();
                boolean gone = column >= middle && column < middle + torn;
                image.setRGB(x, y, inside && !gone && matrix.get(column, row) ? 0 : 0xffffff);
            }
        }
        return image;
    }
}
