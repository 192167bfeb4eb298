package org.securemed.card.qr;

/** The kinds of code that are read. */
public enum Symbology {
    /** ISO/IEC 18004. */
    QR_CODE,
    /** ISO/IEC 16022, ECC 200. */
    DATA_MATRIX
}
