package org.securemed.ledger.checkpoint;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.ParametersWithRandom;
import org.bouncycastle.crypto.signers.MLDSASigner;

/**
 * A named private key that cosigns checkpoints: ML-DSA-44 or Ed25519. Its bytes do not leave this package. Thread safe.
 *
 * @see <a href="https://c2sp.org/tlog-cosignature">C2SP tlog-cosignature</a>
 */
public final class CosignKey {
    private final Signer signer;
    private final CosignVerifyKey verifyKey;
    private final boolean development;

    private CosignKey(Signer signer, CosignVerifyKey verifyKey, boolean development) {
        this.signer = signer;
        this.verifyKey = verifyKey;
        this.development = development;
    }

    /** A fresh ML-DSA-44 key that lives as long as this process. */
    public static CosignKey generate(String name, SecureRandom random) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        return ofSeed(name, seed, false);
    }

    /**
     * The ML-DSA-44 key of a seed.
     *
     * @param seed the 32 bytes of FIPS 204, algorithm 1
     */
    static CosignKey ofSeed(String name, byte[] seed, boolean development) {
        if (seed.length != 32) {
            throw new IllegalArgumentException("the seed of an ML-DSA key has 32 bytes");
        }
        MLDSAPrivateKeyParameters key = new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed);
        CosignVerifyKey verifyKey = CosignVerifyKey.mlDsa44(name, key.getPublicKey());
        Signer signer = (checkpoint, seconds) -> mlDsa(key, CosignVerifyKey.message(name, checkpoint, seconds));
        return new CosignKey(signer, verifyKey, development);
    }

    /**
     * An Ed25519 key as a cosigner of the same name. It must sign nothing else: use no log's or instance's key.
     *
     * @throws IllegalArgumentException if the key is not Ed25519
     */
    public static CosignKey ed25519(SigningKey key) {
        VerifyKey publicKey = key.verifyKey();
        CosignVerifyKey verifyKey = CosignVerifyKey.ed25519(publicKey.name(), publicKey.publicKey());
        Signer signer = (checkpoint, seconds) -> key.sign(CosignVerifyKey.ed25519Message(checkpoint, seconds));
        return new CosignKey(signer, verifyKey, key.isDevelopment());
    }

    public CosignVerifyKey verifyKey() {
        return verifyKey;
    }

    /** Whether this key was made for development and must not sign in production. */
    public boolean isDevelopment() {
        return development;
    }

    /** The signature line that says: at this time, this was the largest tree of this log that was seen. */
    public NoteSignature cosign(Checkpoint checkpoint, Instant time) {
        byte[] signature = signer.sign(checkpoint, time.getEpochSecond());
        byte[] stamped = ByteBuffer.allocate(Long.BYTES + signature.length)
                .putLong(time.getEpochSecond())
                .put(signature)
                .array();
        return NoteSignature.of(verifyKey.name(), verifyKey.keyId(), stamped);
    }

    private static byte[] mlDsa(MLDSAPrivateKeyParameters key, byte[] message) {
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, new ParametersWithRandom(key, new SecureRandom()));
        signer.update(message, 0, message.length);
        try {
            return signer.generateSignature();
        } catch (CryptoException e) {
            throw new IllegalStateException("signing does not fail", e);
        }
    }

    /** The name only. */
    @Override
    public String toString() {
        return "CosignKey[" + verifyKey.name() + "]";
    }

    /** Signs what a cosigner of its kind signs. */
    private interface Signer {
        byte[] sign(Checkpoint checkpoint, long seconds);
    }
}
