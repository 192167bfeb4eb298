package org.securemed.ledger.entry;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.UUID;

/**
 * Entry identities: UUID version 7, that is 48 bits of milliseconds and 74 random bits.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9562#section-5.7">RFC 9562, section 5.7</a>
 */
public final class EntryIds {
    private static final ThreadLocal<SecureRandom> RANDOM = ThreadLocal.withInitial(SecureRandom::new);

    private EntryIds() {}

    /** A fresh identity for something that happens at {@code time}. Thread safe. */
    public static UUID next(Instant time) {
        SecureRandom random = RANDOM.get();
        long high = time.toEpochMilli() << 16 | 0x7000 | random.nextInt(1 << 12);
        long low = 1L << 63 | random.nextLong() >>> 2;
        return new UUID(high, low);
    }

    /**
     * The identity that follows from a time and bytes that nobody can guess, such as a keyed hash of what happened:
     * whoever has the key finds the entry.
     *
     * @param bytes at least 10; the first 74 bits of them are taken
     */
    public static UUID of(Instant time, byte[] bytes) {
        ByteBuffer random = ByteBuffer.wrap(bytes);
        long high = time.toEpochMilli() << 16 | 0x7000 | random.getShort() & 0xfff;
        long low = 1L << 63 | random.getLong() >>> 2;
        return new UUID(high, low);
    }

    /**
     * The time in an identity.
     *
     * @throws IllegalArgumentException if it is not a UUID of version 7
     */
    public static Instant timeOf(UUID id) {
        require(id);
        return Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
    }

    static void require(UUID id) {
        if (id.version() != 7 || id.variant() != 2) {
            throw new IllegalArgumentException("an entry id is a UUID of version 7");
        }
    }
}
