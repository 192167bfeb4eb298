package org.securemed.card.apdu;

import java.util.Arrays;
import java.util.HexFormat;

/** Bytes that nobody changes; copied in and out, compared by content. */
public final class Bytes {
    /** No bytes. */
    public static final Bytes NONE = new Bytes(new byte[0]);

    private final byte[] value;

    private Bytes(byte[] value) {
        this.value = value;
    }

    /** A copy of {@code bytes}. */
    public static Bytes copyOf(byte... bytes) {
        return new Bytes(bytes.clone());
    }

    /** A copy of the part from {@code from}, inclusive, to {@code to}, exclusive. */
    static Bytes copyOf(byte[] bytes, int from, int to) {
        return new Bytes(Arrays.copyOfRange(bytes, from, to));
    }

    /**
     * Reads hexadecimal digits without separators.
     *
     * @throws IllegalArgumentException if there is anything else, or an odd number of them
     */
    public static Bytes ofHex(String hex) {
        return new Bytes(HexFormat.of().parseHex(hex));
    }

    /** How many there are. */
    public int length() {
        return value.length;
    }

    /** The part from {@code from}, inclusive, to {@code to}, exclusive. */
    public Bytes slice(int from, int to) {
        if (from < 0 || to < from || to > value.length) {
            throw new IllegalArgumentException("[%d, %d) is not within %d bytes".formatted(from, to, value.length));
        }
        return copyOf(value, from, to);
    }

    /** A copy. */
    public byte[] toByteArray() {
        return value.clone();
    }

    /** Lower-case hexadecimal digits. Data of a card may identify its holder: not for logs. */
    public String toHex() {
        return HexFormat.of().formatHex(value);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes bytes && Arrays.equals(value, bytes.value);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(value);
    }

    /** The length only: the bytes may be a PIN. */
    @Override
    public String toString() {
        return value.length + " bytes";
    }
}
