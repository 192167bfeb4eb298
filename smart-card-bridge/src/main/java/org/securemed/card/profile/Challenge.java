package org.securemed.card.profile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import org.securemed.card.apdu.Bytes;

/**
 * What a card signs to show that it is here now: 32 random bytes, used once.
 *
 * @param random exactly {@value #LENGTH} bytes
 */
public record Challenge(Bytes random) {
    /** Bytes of randomness. */
    public static final int LENGTH = 32;

    /** Keeps a log-in apart from everything else that a card's key may sign. */
    private static final byte[] CONTEXT = "securemed-card-auth-v1:".getBytes(StandardCharsets.US_ASCII);

    private static final SecureRandom RANDOM = new SecureRandom();

    public Challenge {
        if (random.length() != LENGTH) {
            throw new IllegalArgumentException("a challenge has %d bytes".formatted(LENGTH));
        }
    }

    /** One that nobody has seen. */
    public static Challenge fresh() {
        byte[] random = new byte[LENGTH];
        RANDOM.nextBytes(random);
        return new Challenge(Bytes.copyOf(random));
    }

    /** What is signed: the context, then the random bytes; 55 bytes. */
    public byte[] message() {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(CONTEXT);
        message.writeBytes(random.toByteArray());
        return message.toByteArray();
    }
}
