package org.securemed.card.qr;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads pictures that strangers send: PNG and JPEG only, and nothing is decoded before its size is known to be
 * bearable.
 */
public final class Picture {
    /** The largest file, in bytes. */
    public static final int MAX_BYTES = 12 << 20;

    /** The largest picture, in pixels: what the camera of a telephone makes. */
    public static final int MAX_PIXELS = 16 << 20;

    /** The longest side, in pixels. */
    public static final int MAX_SIDE = 8192;

    private static final int MAX_SCANS = 64;

    private Picture() {}

    /**
     * Reads a picture.
     *
     * @throws PictureException if it is none, larger than the limits of this class, or damaged
     */
    static Greyscale read(byte[] file) throws PictureException {
        if (file.length > MAX_BYTES) {
            throw new PictureException(PictureException.Reason.TOO_LARGE, "more than %d bytes".formatted(MAX_BYTES));
        }
        ImageReader reader = ImageIO.getImageReadersByFormatName(format(file)).next();
        // Metadata is ignored: it may hold compressed text of any size.
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            reader.setInput(in, /* seekForwardOnly= */ true, /* ignoreMetadata= */ true);
            int width = reader.getWidth(0);
            int height = reader.getHeight(0);
            if (width > MAX_SIDE || height > MAX_SIDE || (long) width * height > MAX_PIXELS) {
                throw new PictureException(
                        PictureException.Reason.TOO_LARGE, "%d by %d pixels".formatted(width, height));
            }
            return grey(reader.read(0));
        } catch (IOException | RuntimeException e) {
            // The JDK's readers throw all of these at damaged files. The message may quote the file.
            throw new PictureException(PictureException.Reason.DAMAGED, "not a picture that can be read");
        } finally {
            reader.dispose();
        }
    }

    private static String format(byte[] file) throws PictureException {
        if (begins(file, 0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a)) {
            return "png";
        }
        if (begins(file, 0xff, 0xd8, 0xff)) {
            if (scans(file) > MAX_SCANS) {
                throw new PictureException(
                        PictureException.Reason.TOO_LARGE, "a progressive JPEG with more scans than any camera writes");
            }
            return "jpeg";
        }
        throw new PictureException(PictureException.Reason.FORMAT, "neither PNG nor JPEG");
    }

    private static boolean begins(byte[] file, int... magic) {
        if (file.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((file[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** Each scan of a progressive JPEG costs a pass over all pixels, however few bytes it has. */
    private static int scans(byte[] file) {
        int scans = 0;
        for (int i = 1; i < file.length; i++) {
            if (file[i - 1] == (byte) 0xff && file[i] == (byte) 0xda) {
                scans++;
            }
        }
        return scans;
    }

    private static Greyscale grey(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] luminance = new byte[width * height];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                luminance[y * width + x] = (byte) luminance(row[x]);
            }
        }
        return new Greyscale(width, height, luminance);
    }

    /** On white paper: what is transparent is light. */
    private static int luminance(int argb) {
        int alpha = argb >>> 24;
        int grey = (306 * (argb >> 16 & 0xff) + 601 * (argb >> 8 & 0xff) + 117 * (argb & 0xff)) >> 10;
        return (grey * alpha + 255 * (255 - alpha)) / 255;
    }
}
