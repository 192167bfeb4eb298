package org.securemed.ledger.erasure;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * What the ledger calls a patient: 128 random bits, chosen once, derived from nothing.
 *
 * @param high the first 8 bytes, big-endian
 * @param low the last 8 bytes, big-endian
 */
public record Pseudonym(long high, long low) implements Comparable<Pseudonym> {
    /** Length in bytes. */
    public static final int LENGTH = 16;

    /** The pseudonym of entries that concern no patient. */
    public static final Pseudonym SYSTEM = new Pseudonym(0, 0);

    /**
     * The pseudonym with these bytes.
     *
     * @throws IllegalArgumentException unless there are 16 of them
     */
    public static Pseudonym of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a pseudonym has %d bytes, not %d".formatted(LENGTH, bytes.length));
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Pseudonym(buffer.getLong(), buffer.getLong());
    }

    static Pseudonym random(SecureRandom random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return of(bytes);
    }

    /** The 16 bytes. */
    public byte[] bytes() {
        return ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array();
    }

    /** In the order of the bytes. */
    @Override
    public int compareTo(Pseudonym other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes());
    }
}
