package org.securemed.card.qr;

import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel;

/** How much of a code may be damaged: the error correction levels of ISO/IEC 18004, from least to most. */
public enum Recovery {
    /** About 7 % of the codewords. */
    L(ErrorCorrectionLevel.L),
    /** About 15 %. */
    M(ErrorCorrectionLevel.M),
    /** About 25 %. */
    Q(ErrorCorrectionLevel.Q),
    /** About 30 %. */
    H(ErrorCorrectionLevel.H);

    private final ErrorCorrectionLevel level;

    Recovery(ErrorCorrectionLevel level) {
        this.level = level;
    }

    ErrorCorrectionLevel level() {
        return level;
    }
}
