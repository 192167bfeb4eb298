package org.securemed.card.piv;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * A digest as an RSA card signs it: EMSA-PKCS1-v1_5, which the terminal has to make.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8017#section-9.2">RFC 8017, section 9.2</a>
 */
final class EncodedMessage {
    private static final int LENGTH = 256;
    /** DigestInfo of SHA-256 up to the digest. */
    private static final byte[] PREFIX = HexFormat.of().parseHex("3031300d060960864801650304020105000420");

    private EncodedMessage() {}

    /**
     * Encodes for a modulus of 2048 bits.
     *
     * @param sha256 32 bytes
     */
    static byte[] of(byte[] sha256) {
        byte[] encoded = new byte[LENGTH];
        int digestInfo = LENGTH - PREFIX.length - sha256.length;
        Arrays.fill(encoded, 2, digestInfo - 1, (byte) 0xFF);
        encoded[1] = 1;
        System.arraycopy(PREFIX, 0, encoded, digestInfo, PREFIX.length);
        System.arraycopy(sha256, 0, encoded, LENGTH - sha256.length, sha256.length);
        return encoded;
    }
}
