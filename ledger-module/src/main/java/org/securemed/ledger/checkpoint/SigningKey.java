package org.securemed.ledger.checkpoint;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.ProviderException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A named private key: Ed25519 in memory, or ECDSA on P-256 in a token. Its bytes do not leave this package. Thread
 * safe.
 *
 * <p>Ed25519 is by BouncyCastle, whose signing is many times faster than that of the JDK 17 provider. Tokens sign with
 * ECDSA because the JDK 17 cannot ask them for Ed25519.
 */
public final class SigningKey {
    private final Signer signer;
    private final VerifyKey verifyKey;
    private final boolean development;

    private SigningKey(Signer signer, VerifyKey verifyKey, boolean development) {
        this.signer = signer;
        this.verifyKey = verifyKey;
        this.development = development;
    }

    /** A fresh key that lives as long as this process. */
    public static SigningKey generate(String name, SecureRandom random) {
        return inMemory(name, new Ed25519PrivateKeyParameters(random), false);
    }

    /** @param seed the 32 bytes of RFC 8032 section 5.1.5 */
    static SigningKey ofSeed(String name, byte[] seed, boolean development) {
        return inMemory(name, new Ed25519PrivateKeyParameters(seed), development);
    }

    /**
     * An ECDSA key that a provider holds.
     *
     * @throws IllegalArgumentException if it is not on P-256
     */
    static SigningKey inToken(String name, PrivateKey key, PublicKey publicKey, Provider provider) {
        VerifyKey verifyKey = VerifyKey.of(name, publicKey.getEncoded());
        Signer signer = message -> {
            Signature signature = Signature.getInstance("SHA256withECDSA", provider);
            signature.initSign(key);
            signature.update(message);
            return signature.sign();
        };
        return new SigningKey(signer, verifyKey, false);
    }

    private static SigningKey inMemory(String name, Ed25519PrivateKeyParameters key, boolean development) {
        Signer signer = message -> {
            byte[] signature = new byte[Ed25519.SIGNATURE_SIZE];
            key.sign(Ed25519.Algorithm.Ed25519, null, message, 0, message.length, signature, 0);
            return signature;
        };
        VerifyKey verifyKey = VerifyKey.of(name, key.generatePublicKey().getEncoded());
        return new SigningKey(signer, verifyKey, development);
    }

    /** The public half. */
    public VerifyKey verifyKey() {
        return verifyKey;
    }

    /** Whether this key was made for development and must not sign in production. */
    public boolean isDevelopment() {
        return development;
    }

    /**
     * The signature of {@code message}: 64 bytes of RFC 8032 section 5.1.6, or ECDSA in DER, at most 72 bytes.
     *
     * @throws SigningException if the token that holds the key does not sign
     */
    public byte[] sign(byte[] message) {
        try {
            return signer.sign(message);
        } catch (GeneralSecurityException | ProviderException e) {
            throw new SigningException("the token does not sign with %s".formatted(verifyKey.name()), e);
        }
    }

    /** The public half only. */
    @Override
    public String toString() {
        return "SigningKey[" + verifyKey + "]";
    }

    /** Signs one message. */
    private interface Signer {
        byte[] sign(byte[] message) throws GeneralSecurityException;
    }
}
