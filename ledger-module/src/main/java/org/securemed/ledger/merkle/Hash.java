package org.securemed.ledger.merkle;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** A SHA-256 hash: 32 bytes, immutable, compared by content. */
public final class Hash {
    /** Length in bytes. */
    public static final int LENGTH = 32;

    private final byte[] bytes;

    private Hash(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * A hash of these 32 bytes, which are copied.
     *
     * @throws IllegalArgumentException if there are not exactly 32
     */
    public static Hash of(byte[] bytes) {
        return of(bytes, 0, bytes.length);
    }

    /**
     * A hash of {@code length} bytes of {@code bytes} from {@code offset}, which are copied.
     *
     * @throws IllegalArgumentException if {@code length} is not 32
     */
    public static Hash of(byte[] bytes, int offset, int length) {
        if (length != LENGTH) {
            throw new IllegalArgumentException("a hash has %d bytes, not %d".formatted(LENGTH, length));
        }
        return new Hash(Arrays.copyOfRange(bytes, offset, offset + length));
    }

    /** Takes ownership of {@code bytes}. */
    static Hash owning(byte[] bytes) {
        return new Hash(bytes);
    }

    /** A copy of the 32 bytes. */
    public byte[] toByteArray() {
        return bytes.clone();
    }

    /** Writes the 32 bytes into {@code target} at {@code offset}. */
    public void copyTo(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, LENGTH);
    }

    byte[] borrow() {
        return bytes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Hash hash && Arrays.equals(bytes, hash.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Base64, as C2SP formats have it. */
    public String toBase64() {
        return Base64.getEncoder().encodeToString(toByteArray());
    }

    /**
     * Reads {@link #toBase64()}.
     *
     * @throws IllegalArgumentException if it is not that of 32 bytes, in its one form
     */
    public static Hash ofBase64(String base64) {
        Hash hash = of(Base64.getDecoder().decode(base64));
        if (!hash.toBase64().equals(base64)) {
            throw new IllegalArgumentException("base64 has one form");
        }
        return hash;
    }

    /** Lower-case hexadecimal. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
