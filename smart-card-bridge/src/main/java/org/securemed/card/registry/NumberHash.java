package org.securemed.card.registry;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.CardKey;

/** Hashes of what identifies a card, under a secret: who has the table finds no card in it. Thread-safe. */
final class NumberHash {
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec secret;

    NumberHash(byte[] secret) {
        this.secret = new SecretKeySpec(secret, ALGORITHM);
    }

    byte[] of(UUID guid) {
        return hash(
                (byte) 1,
                ByteBuffer.allocate(16)
                        .putLong(guid.getMostSignificantBits())
                        .putLong(guid.getLeastSignificantBits())
                        .array());
    }

    byte[] of(PublicKey key) {
        return hash((byte) 2, key.getEncoded());
    }

    /** Of the random number of a signature by ECDSA; empty for other signatures. */
    Optional<byte[]> ofNonce(Bytes signature) {
        return CardKey.nonce(signature).map(nonce -> hash((byte) 3, nonce.toByteArray()));
    }

    private byte[] hash(byte kind, byte[] value) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update(kind);
            return mac.doFinal(value);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + ALGORITHM, e);
        }
    }
}
