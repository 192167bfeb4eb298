package org.securemed.card.qr;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.awt.image.ConvolveOp;
import java.awt.image.Kernel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.ImageIO;

/** What happens to a code between paper and camera, made in numbers. */
public final class Disturbance {
    private Disturbance() {}

    /** Reads a PNG. */
    public static BufferedImage picture(byte[] png) {
        try {
            return ImageIO.read(new ByteArrayInputStream(png));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a PNG. */
    public static byte[] png(BufferedImage picture) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(picture, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** Turned about its middle, on a white ground that is large enough. */
    public static BufferedImage rotated(BufferedImage from, double degrees) {
        int side = (int) Math.ceil(Math.hypot(from.getWidth(), from.getHeight()));
        BufferedImage to = white(side, side);
        Graphics2D graphics = to.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.rotate(Math.toRadians(degrees), side / 2.0, side / 2.0);
        graphics.drawImage(from, (side - from.getWidth()) / 2, (side - from.getHeight()) / 2, null);
        graphics.dispose();
        return to;
    }

    /** @param sigma of the Gaussian, in pixels */
    public static BufferedImage blurred(BufferedImage from, double sigma) {
        int radius = (int) Math.ceil(3 * sigma);
        int side = 2 * radius + 1;
        float[] weights = new float[side * side];
        float sum = 0;
        for (int i = 0; i < weights.length; i++) {
            double dx = i % side - radius;
            double dy = (double) (i / side) - radius;
            weights[i] = (float) Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
            sum += weights[i];
        }
        for (int i = 0; i < weights.length; i++) {
            weights[i] /= sum;
        }
        BufferedImage grey = grey(from);
        return new ConvolveOp(new Kernel(side, side, weights), ConvolveOp.EDGE_NO_OP, null).filter(grey, null);
    }

    /** @param deviation of the Gaussian noise that is added to each pixel, of 255 */
    public static BufferedImage noisy(BufferedImage from, double deviation, long seed) {
        Random random = new Random(seed);
        BufferedImage to = grey(from);
        for (int y = 0; y < to.getHeight(); y++) {
            for (int x = 0; x < to.getWidth(); x++) {
                double value = to.getRaster().getSample(x, y, 0) + random.nextGaussian() * deviation;
                to.getRaster().setSample(x, y, 0, (int) Math.max(0, Math.min(255, value)));
            }
        }
        return to;
    }

    /**
     * Seen from the side: a point at (X, Y), each from -1 to 1, lies at distance 1 + k Y + k X / 2.
     *
     * @param k 0 is straight on
     */
    public static BufferedImage tilted(BufferedImage from, double k) {
        int side = from.getWidth();
        double half = side / 2.0;
        double largest = 1 / (1 - 1.5 * k);
        int outer = (int) Math.ceil(side * largest);
        BufferedImage to = white(outer, outer);
        BufferedImage grey = grey(from);
        for (int y = 0; y < outer; y++) {
            for (int x = 0; x < outer; x++) {
                // u = X / z with z = 1 + k Y + k X / 2, solved for X and Y.
                double u = (x + 0.5 - outer / 2.0) / half;
                double v = (y + 0.5 - outer / 2.0) / half;
                double z = 1 / (1 - k * v - k * u / 2);
                double sourceX = u * z * half + half - 0.5;
                double sourceY = v * z * half + half - 0.5;
                if (z > 0 && sourceX >= 0 && sourceY >= 0 && sourceX < side - 1 && sourceY < side - 1) {
                    to.getRaster().setSample(x, y, 0, bilinear(grey, sourceX, sourceY));
                }
            }
        }
        return to;
    }

    /** The hand moves to the side by so many pixels while the shutter is open. */
    public static BufferedImage moved(BufferedImage from, int pixels) {
        float[] weights = new float[pixels];
        java.util.Arrays.fill(weights, 1f / pixels);
        return new ConvolveOp(new Kernel(pixels, 1, weights), ConvolveOp.EDGE_NO_OP, null).filter(grey(from), null);
    }

    /**
     * Straight lines are bent by a lens: what is at distance r from the middle (1 at the edges) comes from r + a r³.
     */
    public static BufferedImage bent(BufferedImage from, double a) {
        BufferedImage grey = grey(from);
        BufferedImage to = white(from.getWidth(), from.getHeight());
        double halfWidth = from.getWidth() / 2.0;
        double halfHeight = from.getHeight() / 2.0;
        for (int y = 0; y < to.getHeight(); y++) {
            for (int x = 0; x < to.getWidth(); x++) {
                double u = (x + 0.5 - halfWidth) / halfWidth;
                double v = (y + 0.5 - halfHeight) / halfHeight;
                double stretch = 1 + a * (u * u + v * v);
                double sourceX = u * stretch * halfWidth + halfWidth - 0.5;
                double sourceY = v * stretch * halfHeight + halfHeight - 0.5;
                if (sourceX >= 0 && sourceY >= 0 && sourceX < from.getWidth() - 1 && sourceY < from.getHeight() - 1) {
                    to.getRaster().setSample(x, y, 0, bilinear(grey, sourceX, sourceY));
                }
            }
        }
        return to;
    }

    /** Light on dark. */
    public static BufferedImage inverted(BufferedImage from) {
        BufferedImage to = grey(from);
        for (int y = 0; y < to.getHeight(); y++) {
            for (int x = 0; x < to.getWidth(); x++) {
                to.getRaster().setSample(x, y, 0, 255 - to.getRaster().getSample(x, y, 0));
            }
        }
        return to;
    }

    /** Light falls from one side: brightness goes down to {@code darkest} of what it is. */
    public static BufferedImage shaded(BufferedImage from, double darkest) {
        BufferedImage to = grey(from);
        for (int y = 0; y < to.getHeight(); y++) {
            for (int x = 0; x < to.getWidth(); x++) {
                double light = 1 - (1 - darkest) * x / to.getWidth();
                to.getRaster().setSample(x, y, 0, (int) (to.getRaster().getSample(x, y, 0) * light));
            }
        }
        return to;
    }

    private static int bilinear(BufferedImage from, double x, double y) {
        int left = (int) x;
        int top = (int) y;
        double across = x - left;
        double down = y - top;
        double upper = from.getRaster().getSample(left, top, 0) * (1 - across)
                + from.getRaster().getSample(left + 1, top, 0) * across;
        double lower = from.getRaster().getSample(left, top + 1, 0) * (1 - across)
                + from.getRaster().getSample(left + 1, top + 1, 0) * across;
        return (int) Math.round(upper * (1 - down) + lower * down);
    }

    private static BufferedImage grey(BufferedImage from) {
        BufferedImage to = white(from.getWidth(), from.getHeight());
        Graphics2D graphics = to.createGraphics();
        graphics.drawImage(from, 0, 0, null);
        graphics.dispose();
        return to;
    }

    private static BufferedImage white(int width, int height) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, width, height);
        graphics.dispose();
        return image;
    }
}
