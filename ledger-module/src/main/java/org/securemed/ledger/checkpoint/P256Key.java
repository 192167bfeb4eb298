package org.securemed.ledger.checkpoint;

import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.securemed.ledger.merkle.TreeHash;

/** A public key of ECDSA on P-256 with SHA-256. Thread safe. */
final class P256Key {
    private final ECPublicKeyParameters key;

    private P256Key(ECPublicKeyParameters key) {
        this.key = key;
    }

    /**
     * @param subjectPublicKeyInfo DER, RFC 5480, the curve by its name
     * @throws IllegalArgumentException if it is no such key, or not in its one form
     */
    static P256Key of(byte[] subjectPublicKeyInfo) {
        try {
            AsymmetricKeyParameter read = PublicKeyFactory.createKey(subjectPublicKeyInfo);
            if (read instanceof ECPublicKeyParameters key
                    && key.getParameters() instanceof ECNamedDomainParameters curve
                    && SECObjectIdentifiers.secp256r1.equals(curve.getName())) {
                SubjectPublicKeyInfo again = SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(key);
                if (Arrays.equals(again.getEncoded(), subjectPublicKeyInfo)) {
                    return new P256Key(key);
                }
            }
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException("not a public key", e);
        }
        throw new IllegalArgumentException("neither an Ed25519 nor a P-256 public key");
    }

    /** @param signature DER of r and s, in its one form */
    boolean signed(byte[] message, byte[] signature) {
        BigInteger[] parts;
        try {
            parts = StandardDSAEncoding.INSTANCE.decode(key.getParameters().getN(), signature);
        } catch (IOException | RuntimeException e) {
            // The library casts before it looks: a wrong structure comes out as a ClassCastException.
            return false;
        }
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, key);
        return verifier.verifySignature(TreeHash.sha256(message).toByteArray(), parts[0], parts[1]);
    }
}
