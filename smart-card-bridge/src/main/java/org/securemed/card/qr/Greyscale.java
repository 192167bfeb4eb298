package org.securemed.card.qr;

import com.google.zxing.LuminanceSource;
import com.google.zxing.PlanarYUVLuminanceSource;

/** A picture in shades of grey, and what is done to it so that a code can be read. Never changed once made. */
final class Greyscale {
    private static final int SHARPNESS = 3;

    private final int width;
    private final int height;
    private final byte[] luminance;

    /**
     * Takes a picture over.
     *
     * @param luminance row by row from the top, 0 black to 255 white; not to be changed by the caller any more
     */
    Greyscale(int width, int height, byte[] luminance) {
        if (width < 1 || height < 1 || luminance.length != width * height) {
            throw new IllegalArgumentException(
                    "%d by %d pixels in %d bytes".formatted(width, height, luminance.length));
        }
        this.width = width;
        this.height = height;
        this.luminance = luminance;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    private int at(int x, int y) {
        return luminance[y * width + x] & 0xff;
    }

    LuminanceSource source() {
        return new PlanarYUVLuminanceSource(luminance, width, height, 0, 0, width, height, false);
    }

    /** Made smaller by a whole number, each pixel the mean of those it stands for. */
    Greyscale shrunk(int factor) {
        int columns = Math.max(1, width / factor);
        int rows = Math.max(1, height / factor);
        byte[] small = new byte[columns * rows];
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                small[y * columns + x] = (byte) mean(x * factor, y * factor, factor);
            }
        }
        return new Greyscale(columns, rows, small);
    }

    private int mean(int left, int top, int side) {
        int right = Math.min(width, left + side);
        int bottom = Math.min(height, top + side);
        int sum = 0;
        for (int y = top; y < bottom; y++) {
            for (int x = left; x < right; x++) {
                sum += at(x, y);
            }
        }
        return sum / ((right - left) * (bottom - top));
    }

    /** Black for white: codes are drawn light on dark on screens in the dark. */
    Greyscale inverted() {
        byte[] other = new byte[luminance.length];
        for (int i = 0; i < other.length; i++) {
            other[i] = (byte) ~luminance[i];
        }
        return new Greyscale(width, height, other);
    }

    /** Twice as large, linear between pixels. */
    Greyscale doubled() {
        int columns = width * 2;
        int rows = height * 2;
        byte[] large = new byte[columns * rows];
        for (int y = 0; y < rows; y++) {
            int y0 = y / 2;
            int y1 = Math.min(height - 1, y0 + y % 2);
            for (int x = 0; x < columns; x++) {
                int x0 = x / 2;
                int x1 = Math.min(width - 1, x0 + x % 2);
                large[y * columns + x] = (byte) ((at(x0, y0) + at(x1, y0) + at(x0, y1) + at(x1, y1)) / 4);
            }
        }
        return new Greyscale(columns, rows, large);
    }

    /**
     * Blurred by a Gaussian, which takes noise away and leaves what is larger.
     *
     * @param sigma in pixels
     */
    Greyscale blurred(int sigma) {
        int[] kernel = kernel(sigma);
        byte[] across = new byte[luminance.length];
        byte[] both = new byte[luminance.length];
        for (int y = 0; y < height; y++) {
            convolve(luminance, across, y * width, 1, width, kernel);
        }
        for (int x = 0; x < width; x++) {
            convolve(across, both, x, width, height, kernel);
        }
        return new Greyscale(width, height, both);
    }

    /**
     * Sharpened: what differs from its surroundings differs more, which undoes a part of a blur.
     *
     * @param sigma of the surroundings, in pixels
     */
    Greyscale sharpened(int sigma) {
        Greyscale surroundings = blurred(sigma);
        byte[] sharp = new byte[luminance.length];
        for (int i = 0; i < sharp.length; i++) {
            int value = luminance[i] & 0xff;
            int around = surroundings.luminance[i] & 0xff;
            sharp[i] = (byte) Math.max(0, Math.min(255, value + SHARPNESS * (value - around)));
        }
        return new Greyscale(width, height, sharp);
    }

    /** Weights from the centre outwards, in 65536ths. */
    private static int[] kernel(int sigma) {
        double[] weights = new double[3 * sigma + 1];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = Math.exp(-i * i / (2.0 * sigma * sigma));
            sum += i == 0 ? weights[i] : 2 * weights[i];
        }
        int[] kernel = new int[weights.length];
        for (int i = 0; i < weights.length; i++) {
            kernel[i] = (int) Math.round(weights[i] / sum * 65536);
        }
        return kernel;
    }

    /** One line of pixels, {@code step} apart; the last pixel is repeated beyond the edge. */
    private static void convolve(byte[] from, byte[] to, int start, int step, int count, int[] kernel) {
        for (int i = 0; i < count; i++) {
            int sum = kernel[0] * (from[start + i * step] & 0xff);
            for (int k = 1; k < kernel.length; k++) {
                int before = Math.max(0, i - k);
                int after = Math.min(count - 1, i + k);
                sum += kernel[k] * ((from[start + before * step] & 0xff) + (from[start + after * step] & 0xff));
            }
            to[start + i * step] = (byte) Math.min(255, sum >> 16);
        }
    }
}
