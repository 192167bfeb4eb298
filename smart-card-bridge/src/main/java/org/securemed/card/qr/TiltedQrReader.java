package org.securemed.card.qr;

import com.google.zxing.ChecksumException;
import com.google.zxing.FormatException;
import com.google.zxing.NotFoundException;
import com.google.zxing.ResultPoint;
import com.google.zxing.common.BitMatrix;
import com.google.zxing.common.GridSampler;
import com.google.zxing.common.PerspectiveTransform;
import com.google.zxing.qrcode.decoder.Decoder;
import com.google.zxing.qrcode.detector.Detector;
import com.google.zxing.qrcode.detector.FinderPattern;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Reads QR codes that are seen from the side.
 *
 * <p>ZXing takes a code for a parallelogram when it looks for the alignment pattern. Here the sizes of the three corner
 * patterns tell how the code is tilted: of a plane seen in perspective, lengths shrink with the power 3/2 of the
 * distance, and the number of modules between two corners is their distance over the geometric mean of the module sizes
 * there. That predicts the fourth corner; the alignment pattern is looked for around it.
 */
final class TiltedQrReader {
    /** From the centre of a finder pattern to the edge of the code, in modules. */
    private static final float CORNER = 3.5f;

    /** From the centre of the last alignment pattern to the edge. */
    private static final float ALIGNMENT = 6.5f;

    private static final float[] SEARCHED = {4, 8, 16};
    private static final double[] TILTS = {1, 0.5, 1.5, 0};

    private final BitMatrix picture;
    private final BooleanSupplier timeIsUp;

    TiltedQrReader(BitMatrix picture, BooleanSupplier timeIsUp) {
        this.picture = picture;
        this.timeIsUp = timeIsUp;
    }

    Optional<ScannedCode> read() {
        for (ResultPoint[] corners : corners()) {
            for (double tilt : TILTS) {
                Corners code = new Corners(
                        (FinderPattern) corners[1], (FinderPattern) corners[2], (FinderPattern) corners[0], tilt);
                for (int dimension : code.dimensions()) {
                    if (timeIsUp.getAsBoolean()) {
                        return Optional.empty();
                    }
                    Optional<ScannedCode> read = read(code, dimension);
                    if (read.isPresent()) {
                        return read;
                    }
                }
            }
        }
        return Optional.empty();
    }

    /** Each three patterns, as ZXing orders them: lower left, upper left, upper right. */
    private List<ResultPoint[]> corners() {
        List<FinderPattern> patterns = new FinderPatterns(picture).find();
        List<ResultPoint[]> threes = new ArrayList<>();
        for (int third = 2; third < patterns.size(); third++) {
            for (int second = 1; second < third; second++) {
                for (int first = 0; first < second; first++) {
                    ResultPoint[] three = {patterns.get(first), patterns.get(second), patterns.get(third)};
                    ResultPoint.orderBestPatterns(three);
                    threes.add(three);
                }
            }
        }
        return threes;
    }

    private Optional<ScannedCode> read(Corners code, int dimension) {
        if (dimension > 21) {
            for (float searched : SEARCHED) {
                Optional<ScannedCode> read = alignment(code, dimension, searched)
                        .flatMap(found -> sample(code.onto(dimension, found, dimension - ALIGNMENT), dimension));
                if (read.isPresent()) {
                    return read;
                }
            }
        }
        ResultPoint fourth = code.at(1, 1);
        return sample(code.onto(dimension, fourth, dimension - CORNER), dimension);
    }

    private Optional<ResultPoint> alignment(Corners code, int dimension, float searched) {
        float place = (dimension - ALIGNMENT - CORNER) / (dimension - 2 * CORNER);
        ResultPoint guess = code.at(place, place);
        try {
            return Optional.of(
                    new Region(picture).find(code.moduleSizeNearFourth(), guess.getX(), guess.getY(), searched));
        } catch (NotFoundException e) {
            return Optional.empty();
        }
    }

    private Optional<ScannedCode> sample(PerspectiveTransform transform, int dimension) {
        try {
            Optional<ScannedCode> read =
                    decoded(GridSampler.getInstance().sampleGrid(picture, dimension, dimension, transform));
            if (read.isPresent()) {
                return read;
            }
        } catch (NotFoundException e) {
            // A part of the flat code would be outside of the picture.
        }
        return AlignmentMesh.sample(picture, transform, dimension).flatMap(TiltedQrReader::decoded);
    }

    private static Optional<ScannedCode> decoded(BitMatrix modules) {
        try {
            return Optional.of(new ScannedCode(
                    Symbology.QR_CODE, new Decoder().decode(modules).getText()));
        } catch (FormatException | ChecksumException e) {
            return Optional.empty();
        }
    }

    /** Makes ZXing's search for an alignment pattern callable. */
    private static final class Region extends Detector {
        Region(BitMatrix picture) {
            super(picture);
        }

        ResultPoint find(float moduleSize, float x, float y, float allowance) throws NotFoundException {
            return findAlignmentInRegion(moduleSize, (int) x, (int) y, allowance);
        }
    }

    /** Three corners of a code and how far away each lies. */
    private static final class Corners {
        private final FinderPattern upperLeft;
        private final FinderPattern upperRight;
        private final FinderPattern lowerLeft;
        private final float right;
        private final float down;

        /** @param tilt how much of the tilt that the sizes suggest is believed */
        Corners(FinderPattern upperLeft, FinderPattern upperRight, FinderPattern lowerLeft, double tilt) {
            this.upperLeft = upperLeft;
            this.upperRight = upperRight;
            this.lowerLeft = lowerLeft;
            this.right = distance(upperLeft, upperRight, tilt);
            this.down = distance(upperLeft, lowerLeft, tilt);
        }

        private static float distance(FinderPattern from, FinderPattern to, double tilt) {
            double ratio = from.getEstimatedModuleSize() / to.getEstimatedModuleSize();
            return (float) Math.pow(ratio, tilt * 2 / 3);
        }

        /** A point of the code's plane; (0,0), (1,0) and (0,1) are the three corners. */
        ResultPoint at(float x, float y) {
            float w = 1 + x * (right - 1) + y * (down - 1);
            float first = 1 - x - y;
            return new ResultPoint(
                    (first * upperLeft.getX() + x * right * upperRight.getX() + y * down * lowerLeft.getX()) / w,
                    (first * upperLeft.getY() + x * right * upperRight.getY() + y * down * lowerLeft.getY()) / w);
        }

        float moduleSizeNearFourth() {
            float w = right + down - 1;
            return (float) (upperLeft.getEstimatedModuleSize() * Math.pow(Math.max(w, 0.1), -1.5));
        }

        /** The likeliest sides in modules, the likeliest first. */
        int[] dimensions() {
            double between = (modules(upperLeft, upperRight) + modules(upperLeft, lowerLeft)) / 2;
            int version = (int) Math.round((between + 2 * CORNER - 17) / 4);
            return java.util.stream.IntStream.of(version, version + 1, version - 1, version + 2, version - 2)
                    .filter(candidate -> candidate >= 1 && candidate <= QrCode.LARGEST)
                    .map(candidate -> 17 + 4 * candidate)
                    .toArray();
        }

        private static double modules(FinderPattern from, FinderPattern to) {
            return ResultPoint.distance(from, to)
                    / Math.sqrt(from.getEstimatedModuleSize() * to.getEstimatedModuleSize());
        }

        PerspectiveTransform onto(int dimension, ResultPoint fourth, float place) {
            float far = dimension - CORNER;
            return PerspectiveTransform.quadrilateralToQuadrilateral(
                    CORNER,
                    CORNER,
                    far,
                    CORNER,
                    place,
                    place,
                    CORNER,
                    far,
                    upperLeft.getX(),
                    upperLeft.getY(),
                    upperRight.getX(),
                    upperRight.getY(),
                    fourth.getX(),
                    fourth.getY(),
                    lowerLeft.getX(),
                    lowerLeft.getY());
        }
    }
}
