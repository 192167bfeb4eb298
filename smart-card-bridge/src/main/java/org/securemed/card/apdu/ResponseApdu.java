package org.securemed.card.apdu;

/**
 * What a card answered.
 *
 * @param data at most 65,536 bytes
 * @see <a href="https://www.iso.org/standard/77180.html">ISO/IEC 7816-4:2020, 5.2</a>
 */
public record ResponseApdu(Bytes data, StatusWord status) {
    private static final int TRAILER = 2;

    public ResponseApdu {
        if (data.length() > CommandApdu.MAX_NE) {
            throw new IllegalArgumentException("%d bytes of data do not fit into an answer".formatted(data.length()));
        }
    }

    /**
     * Reads an answer.
     *
     * @throws ApduException if there is no status word, or too much before it
     */
    public static ResponseApdu parse(byte[] bytes) throws ApduException {
        int length = bytes.length - TRAILER;
        if (length < 0) {
            throw new ApduException("an answer ends with a status word", bytes.length);
        }
        int status = (bytes[length] & 0xFF) << 8 | bytes[length + 1] & 0xFF;
        try {
            return new ResponseApdu(Bytes.copyOf(bytes, 0, length), new StatusWord(status));
        } catch (IllegalArgumentException e) {
            throw new ApduException(String.valueOf(e.getMessage()), bytes.length);
        }
    }

    /** The answer as a card sends it. */
    public byte[] encode() {
        byte[] bytes = new byte[data.length() + TRAILER];
        System.arraycopy(data.toByteArray(), 0, bytes, 0, data.length());
        bytes[data.length()] = (byte) status.sw1();
        bytes[data.length() + 1] = (byte) status.sw2();
        return bytes;
    }
}
