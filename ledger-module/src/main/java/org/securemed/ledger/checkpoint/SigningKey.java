package org.securemed.ledger.checkpoint;

import java.security.SecureRandom;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A named Ed25519 private key. Its bytes do not leave this package. Thread safe.
 *
 * <p>By BouncyCastle, whose signing is many times faster than that of the JDK 17 provider.
 */
public final class SigningKey {
    private final Ed25519PrivateKeyParameters privateKey;
    private final VerifyKey verifyKey;
    private final boolean development;

    private SigningKey(String name, Ed25519PrivateKeyParameters privateKey, boolean development) {
        this.privateKey = privateKey;
        this.verifyKey = VerifyKey.of(name, privateKey.generatePublicKey().getEncoded());
        this.development = development;
    }

    /** A fresh key that lives as long as this process. */
    public static SigningKey generate(String name, SecureRandom random) {
        return new SigningKey(name, new Ed25519PrivateKeyParameters(random), false);
    }

    /** @param seed the 32 bytes of RFC 8032 section 5.1.5 */
    static SigningKey ofSeed(String name, byte[] seed, boolean development) {
        return new SigningKey(name, new Ed25519PrivateKeyParameters(seed), development);
    }

    byte[] seed() {
        return privateKey.getEncoded();
    }

    /** The public half. */
    public VerifyKey verifyKey() {
        return verifyKey;
    }

    /** Whether this key was made for development and must not sign in production. */
    public boolean isDevelopment() {
        return development;
    }

    /** The 64-byte signature of {@code message}: RFC 8032 section 5.1.6. */
    public byte[] sign(byte[] message) {
        byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
        privateKey.sign(Ed25519.Algorithm.Ed25519, null, message, 0, message.length, signature, 0);
        return signature;
    }

    /** The public half only. */
    @Override
    public String toString() {
        return "SigningKey[" + verifyKey + "]";
    }
}
