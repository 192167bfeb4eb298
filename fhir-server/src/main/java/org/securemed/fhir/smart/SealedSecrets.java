package org.securemed.fhir.smart;

import java.nio.charset.StandardCharsets;

/** Secrets that somebody gave this server to use, as they are stored: under the key-encryption secret. Thread-safe. */
public final class SealedSecrets {
    private final KeyEncryption encryption;

    SealedSecrets(KeyEncryption encryption) {
        this.encryption = encryption;
    }

    /** @param name of what it belongs to; it opens under no other */
    public byte[] seal(String secret, String name) {
        return encryption.seal(secret.getBytes(StandardCharsets.UTF_8), name);
    }

    /**
     * What was sealed.
     *
     * @throws IllegalStateException if it was sealed under another key or name, or was changed
     */
    public String open(byte[] sealed, String name) {
        return new String(encryption.open(sealed, name), StandardCharsets.UTF_8);
    }
}
