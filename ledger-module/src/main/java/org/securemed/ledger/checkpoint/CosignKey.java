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
 * A named ML-DSA-44 private key that cosigns checkpoints. Its bytes do not leave this package. Thread safe.
 *
 * @see <a href="https://c2sp.org/tlog-cosignature">C2SP tlog-cosignature</a>
 */
public final class CosignKey {
    private final MLDSAPrivateKeyParameters privateKey;
    private final CosignVerifyKey verifyKey;
    private final boolean development;

    private CosignKey(String name, byte[] seed, boolean development) {
        this.privateKey = new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed);
        this.verifyKey = CosignVerifyKey.mlDsa44(name, privateKey.getPublicKey());
        this.development = development;
    }

    /** A fresh key that lives as long as this process. */
    public static CosignKey generate(String name, SecureRandom random) {
        byte[] seed = new byte[32];
        random.nextBytes(seed);
        return new CosignKey(name, seed, false);
    }

    /** @param seed the 32 bytes of FIPS 204, algorithm 1 */
    static CosignKey ofSeed(String name, byte[] seed, boolean development) {
        if (seed.length != 32) {
            throw new IllegalArgumentException("the seed of an ML-DSA key has 32 bytes");
        }
        return new CosignKey(name, seed, development);
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
        byte[] message = CosignVerifyKey.message(verifyKey.name(), checkpoint, time.getEpochSecond());
        MLDSASigner signer = new MLDSASigner();
        signer.init(true, new ParametersWithRandom(privateKey, new SecureRandom()));
        signer.update(message, 0, message.length);
        try {
            byte[] signature = signer.generateSignature();
            byte[] stamped = ByteBuffer.allocate(Long.BYTES + signature.length)
                    .putLong(time.getEpochSecond())
                    .put(signature)
                    .array();
            return NoteSignature.of(verifyKey.name(), verifyKey.keyId(), stamped);
        } catch (CryptoException e) {
            throw new IllegalStateException("signing does not fail", e);
        }
    }

    /** The name only. */
    @Override
    public String toString() {
        return "CosignKey[" + verifyKey.name() + "]";
    }
}
