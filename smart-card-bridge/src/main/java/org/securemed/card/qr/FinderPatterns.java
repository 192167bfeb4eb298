package org.securemed.card.qr;

import com.google.zxing.common.BitMatrix;
import com.google.zxing.qrcode.detector.FinderPattern;
import com.google.zxing.qrcode.detector.FinderPatternFinder;
import java.util.Comparator;
import java.util.List;

/**
 * All places of a picture that look like the corner of a QR code. ZXing's own search ends with three that form a
 * right-angled triangle with equal legs, which a code seen from the side does not have.
 */
final class FinderPatterns extends FinderPatternFinder {
    /** More are not looked at: each three of them cost a trial. */
    private static final int MOST = 6;

    FinderPatterns(BitMatrix picture) {
        super(picture);
    }

    /** Those that were crossed most often first. */
    List<FinderPattern> find() {
        BitMatrix picture = getImage();
        int[] runs = new int[5];
        for (int y = 0; y < picture.getHeight(); y += 2) {
            clearCounts(runs);
            int run = 0;
            for (int x = 0; x < picture.getWidth(); x++) {
                boolean dark = picture.get(x, y);
                if (dark == (run % 2 == 0)) {
                    runs[run]++;
                } else if (run < 4) {
                    run++;
                    runs[run]++;
                } else {
                    if (foundPatternCross(runs)) {
                        handlePossibleCenter(runs, y, x);
                    }
                    shiftCounts2(runs);
                    run = 3;
                }
            }
            if (run == 4 && foundPatternCross(runs)) {
                handlePossibleCenter(runs, y, picture.getWidth());
            }
        }
        return getPossibleCenters().stream()
                .filter(pattern -> pattern.getCount() > 1)
                .sorted(Comparator.comparingInt(FinderPattern::getCount).reversed())
                .limit(MOST)
                .toList();
    }
}
