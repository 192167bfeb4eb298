package org.securemed.card.qr;

import com.google.zxing.EncodeHintType;
import com.google.zxing.WriterException;
import com.google.zxing.qrcode.encoder.ByteMatrix;
import com.google.zxing.qrcode.encoder.Encoder;
import com.google.zxing.qrcode.encoder.QRCode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.imageio.ImageIO;

/**
 * A QR code, drawn: which modules are dark.
 *
 * <p>Digits are written in numeric mode wherever that is shorter, so that a SMART Health Card stays as small as its
 * specification expects.
 */
public final class QrCode {
    /** The largest version there is. */
    public static final int LARGEST = 40;

    /** Light modules around a code: readers need them. */
    private static final int MARGIN = 4;

    private static final int LARGEST_PICTURE = 4096;

    private final ByteMatrix modules;
    private final int version;

    private QrCode(ByteMatrix modules, int version) {
        this.modules = modules;
        this.version = version;
    }

    /**
     * Encodes a text.
     *
     * @param text printable ASCII: readers guess at the character set of everything else
     * @param maxVersion 1 to 40
     * @throws CodeTooLargeException if the smallest code for it has a larger version
     */
    public static QrCode of(String text, Recovery recovery, int maxVersion) throws CodeTooLargeException {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= ' ' && c <= '~')) {
            throw new IllegalArgumentException("a code holds printable ASCII");
        }
        if (maxVersion < 1 || maxVersion > LARGEST) {
            throw new IllegalArgumentException("there is no version " + maxVersion);
        }
        QRCode code;
        try {
            code = Encoder.encode(text, recovery.level(), Map.of(EncodeHintType.QR_COMPACT, true));
        } catch (WriterException e) {
            // The only reason that is left: it fits into no code at all.
            throw new CodeTooLargeException(text.length(), maxVersion);
        }
        int version = code.getVersion().getVersionNumber();
        if (version > maxVersion) {
            throw new CodeTooLargeException(text.length(), maxVersion);
        }
        return new QrCode(code.getMatrix(), version);
    }

    /** 1 to 40. */
    public int version() {
        return version;
    }

    /** How many modules a side has, margin not counted. */
    public int side() {
        return modules.getWidth();
    }

    /** Whether a module is dark; counted from zero, from the upper left corner of the code without its margin. */
    public boolean dark(int x, int y) {
        return modules.get(x, y) == 1;
    }

    /**
     * Black on white, as PNG with one bit per pixel.
     *
     * @param scale pixels per module, at least 1; the whole picture may have 4096 pixels a side
     */
    public byte[] png(int scale) {
        int size = (side() + 2 * MARGIN) * scale;
        if (scale < 1 || size > LARGEST_PICTURE) {
            throw new IllegalArgumentException("%d pixels per module".formatted(scale));
        }
        BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_BYTE_BINARY);
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < size; x++) {
                image.setRGB(x, y, darkWithMargin(x / scale, y / scale) ? 0xff000000 : 0xffffffff);
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private boolean darkWithMargin(int x, int y) {
        int column = x - MARGIN;
        int row = y - MARGIN;
        return column >= 0 && row >= 0 && column < side() && row < side() && dark(column, row);
    }

    /** Black on white, as one SVG path; a module is one unit, and the size is the viewer's to choose. */
    public byte[] svg() {
        int size = side() + 2 * MARGIN;
        StringBuilder path = new StringBuilder();
        for (int y = 0; y < side(); y++) {
            int x = 0;
            while (x < side()) {
                int from = x;
                while (x < side() && dark(x, y)) {
                    x++;
                }
                if (x > from) {
                    int width = x - from;
                    path.append("M%d %dh%dv1h-%dz".formatted(from + MARGIN, y + MARGIN, width, width));
                }
                x++;
            }
        }
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %1$d" shape-rendering="crispEdges">\
                <path fill="#fff" d="M0 0h%1$dv%1$dH0z"/><path d="%2$s"/></svg>
                """.formatted(size, path).getBytes(StandardCharsets.US_ASCII);
    }

    /** Not what it says: that may be a key. */
    @Override
    public String toString() {
        return "QrCode version " + version;
    }
}
