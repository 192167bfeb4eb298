package org.securemed.card.qr;

import com.google.zxing.FormatException;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.common.PerspectiveTransform;
import com.google.zxing.qrcode.decoder.Version;
import java.util.Optional;

/**
 * Reads the modules of a code that is not flat, such as one on crumpled paper or behind a bad lens: from version 7 on a
 * code has alignment patterns all over. Each is looked for around the place where it would be in a flat code, and
 * between four of them the code is taken for flat.
 */
final class AlignmentMesh {
    /** The least version that has more than one alignment pattern. */
    private static final int LEAST_VERSION = 7;

    /** How far from its place in a flat code a pattern is looked for, and in which steps, in modules. */
    private static final float REACH = 5;

    private static final float STEP = 0.5f;

    /** Of a pattern's 25 modules, how many have to be right: by chance that is one place in a hundred thousand. */
    private static final int LEAST_RIGHT = 23;

    /** Of a corner pattern's 49 modules, how many have to be right: by chance that is one in a hundred thousand. */
    private static final int LEAST_RIGHT_IN_CORNER = 40;

    private final BitMatrix picture;
    private final PerspectiveTransform flat;
    private final int dimension;
    private final int[] centres;
    private int found;

    private AlignmentMesh(BitMatrix picture, PerspectiveTransform flat, int dimension, int[] centres) {
        this.picture = picture;
        this.flat = flat;
        this.dimension = dimension;
        this.centres = centres;
    }

    /**
     * The modules, if most patterns can be found.
     *
     * @param flat from modules to pixels, if the code were flat
     * @param dimension modules on a side
     */
    static Optional<BitMatrix> sample(BitMatrix picture, PerspectiveTransform flat, int dimension) {
        try {
            Version version = Version.getProvisionalVersionForDimension(dimension);
            return version.getVersionNumber() < LEAST_VERSION
                    ? Optional.empty()
                    : new AlignmentMesh(picture, flat, dimension, version.getAlignmentPatternCenters()).sample();
        } catch (FormatException e) {
            return Optional.empty();
        }
    }

    private Optional<BitMatrix> sample() {
        // In noise there are many places for corners, and none is one: no time is spent on them.
        boolean corners = isCorner(3.5f, 3.5f) && isCorner(dimension - 3.5f, 3.5f) && isCorner(3.5f, dimension - 3.5f);
        if (!corners) {
            return Optional.empty();
        }
        int last = centres.length - 1;
        float[][][] points = new float[centres.length][centres.length][];
        for (int row = 0; row <= last; row++) {
            for (int column = 0; column <= last; column++) {
                boolean finder = row == 0 && (column == 0 || column == last) || row == last && column == 0;
                float[] point = {centres[column] + 0.5f, centres[row] + 0.5f};
                points[row][column] = finder ? pixel(point[0], point[1]) : pattern(point[0], point[1]);
            }
        }
        if (2 * found < centres.length * centres.length - 3) {
            return Optional.empty();
        }
        BitMatrix modules = new BitMatrix(dimension);
        for (int row = 0; row < last; row++) {
            for (int column = 0; column < last; column++) {
                fill(modules, points, row, column);
            }
        }
        return Optional.of(modules);
    }

    private float[] pixel(float x, float y) {
        float[] point = {x, y};
        flat.transformPoints(point);
        return point;
    }

    /** Where the pattern is whose centre would be here; there, if it cannot be found. */
    private float[] pattern(float x, float y) {
        float[] best = {x, y};
        int right = LEAST_RIGHT - 1;
        float nearest = Float.MAX_VALUE;
        for (float down = -REACH; down <= REACH; down += STEP) {
            for (float across = -REACH; across <= REACH; across += STEP) {
                int here = right(x + across, y + down);
                float distance = across * across + down * down;
                if (here > right || here == right && here >= LEAST_RIGHT && distance < nearest) {
                    right = here;
                    nearest = distance;
                    best = new float[] {x + across, y + down};
                }
            }
        }
        found += right >= LEAST_RIGHT ? 1 : 0;
        return pixel(best[0], best[1]);
    }

    /** How many modules of an alignment pattern around a place are as they must be: dark, light around, dark around. */
    private int right(float x, float y) {
        return right(x, y, 2, 1);
    }

    private boolean isCorner(float x, float y) {
        return right(x, y, 3, 2) >= LEAST_RIGHT_IN_CORNER;
    }

    /**
     * How many modules are right of a pattern that is dark but for one ring.
     *
     * @param radius of the pattern, without its middle
     * @param light radius of the ring
     */
    private int right(float x, float y, int radius, int light) {
        int side = 2 * radius + 1;
        float[] points = new float[2 * side * side];
        for (int i = 0; i < side * side; i++) {
            points[2 * i] = x + i % side - radius;
            points[2 * i + 1] = y + (float) (i / side) - radius;
        }
        flat.transformPoints(points);
        int right = 0;
        for (int i = 0; i < side * side; i++) {
            boolean dark = Math.max(Math.abs(i % side - radius), Math.abs(i / side - radius)) != light;
            right += isDark(points[2 * i], points[2 * i + 1]) == dark ? 1 : 0;
        }
        return right;
    }

    private boolean isDark(float x, float y) {
        return x >= 0 && y >= 0 && x < picture.getWidth() && y < picture.getHeight() && picture.get((int) x, (int) y);
    }

    /** Between four patterns; at the edges of the code also what is outside of them. */
    private void fill(BitMatrix modules, float[][][] points, int row, int column) {
        int last = centres.length - 1;
        float left = centres[column] + 0.5f;
        float top = centres[row] + 0.5f;
        float right = centres[column + 1] + 0.5f;
        float bottom = centres[row + 1] + 0.5f;
        float[] upperLeft = points[row][column];
        float[] upperRight = points[row][column + 1];
        float[] lowerRight = points[row + 1][column + 1];
        float[] lowerLeft = points[row + 1][column];
        PerspectiveTransform piece = PerspectiveTransform.quadrilateralToQuadrilateral(
                left,
                top,
                right,
                top,
                right,
                bottom,
                left,
                bottom,
                upperLeft[0],
                upperLeft[1],
                upperRight[0],
                upperRight[1],
                lowerRight[0],
                lowerRight[1],
                lowerLeft[0],
                lowerLeft[1]);
        int fromX = column == 0 ? 0 : centres[column];
        int toX = column + 1 == last ? dimension : centres[column + 1];
        int fromY = row == 0 ? 0 : centres[row];
        int toY = row + 1 == last ? dimension : centres[row + 1];
        for (int y = fromY; y < toY; y++) {
            for (int x = fromX; x < toX; x++) {
                float[] point = {x + 0.5f, y + 0.5f};
                piece.transformPoints(point);
                if (isDark(point[0], point[1])) {
                    modules.set(x, y);
                }
            }
        }
    }
}
