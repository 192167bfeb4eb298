package org.securemed.ledger.entry;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * A patient in the log: 128 random bits, chosen once, derived from nothing. They say nothing about the patient once the
 * patient's keys are destroyed.
 *
 * @param high the first eight bytes, big-endian
 * @param low the last eight bytes, big-endian
 */
public record Pseudonym(long high, long low) implements Comparable<Pseudonym> {
    /** Length in bytes. */
    public static final int LENGTH = 16;

    /** Whose key seals what concerns no patient. Never in an entry: such entries name nobody. */
    public static final Pseudonym SYSTEM = new Pseudonym(0, 0);

    /**
     * The pseudonym of these 16 bytes.
     *
     * @throws IllegalArgumentException if there are not exactly 16
     */
    public static Pseudonym of(byte[] bytes) {
        if (bytes.length != LENGTH) {
            throw new IllegalArgumentException("a pseudonym has %d bytes, not %d".formatted(LENGTH, bytes.length));
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Pseudonym(buffer.getLong(), buffer.getLong());
    }

    /**
     * Reads {@link #toString()}.
     *
     * @throws IllegalArgumentException if the text is not 32 lower-case hexadecimal digits
     */
    public static Pseudonym parse(String text) {
        if (text.length() != 2 * LENGTH
                || !text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            throw new IllegalArgumentException("a pseudonym is 32 lower-case hexadecimal digits");
        }
        return of(HexFormat.of().parseHex(text));
    }

    /**
     * A new pseudonym.
     *
     * @param random must not be predictable
     */
    public static Pseudonym random(RandomGenerator random) {
        return new Pseudonym(random.nextLong(), random.nextLong());
    }

    /** The 16 bytes. */
    public byte[] toByteArray() {
        return ByteBuffer.allocate(LENGTH).putLong(high).putLong(low).array();
    }

    /** In the order of the bytes, which is the database's. */
    @Override
    public int compareTo(Pseudonym other) {
        int byHigh = Long.compareUnsigned(high, other.high);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, other.low);
    }

    /** 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(toByteArray());
    }
}
