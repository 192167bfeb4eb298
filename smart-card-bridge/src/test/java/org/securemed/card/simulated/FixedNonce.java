package org.securemed.card.simulated;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.jcajce.provider.asymmetric.util.EC5Util;
import org.bouncycastle.math.ec.ECPoint;
import org.securemed.card.apdu.Bytes;

/** What a card without randomness signs: ECDSA with a random number that is none. */
public final class FixedNonce {
    private FixedNonce() {}

    /** A signature, DER, with SHA-256. */
    public static Bytes sign(KeyPair pair, byte[] message, BigInteger nonce) {
        ECPrivateKey key = (ECPrivateKey) pair.getPrivate();
        BigInteger order = key.getParams().getOrder();
        ECPoint base = EC5Util.convertPoint(
                ((ECPublicKey) pair.getPublic()).getParams(), key.getParams().getGenerator());
        BigInteger r = base.multiply(nonce)
                .normalize()
                .getAffineXCoord()
                .toBigInteger()
                .mod(order);
        try {
            BigInteger digest =
                    new BigInteger(1, MessageDigest.getInstance("SHA-256").digest(message));
            BigInteger s = nonce.modInverse(order)
                    .multiply(digest.add(r.multiply(key.getS())))
                    .mod(order);
            ASN1EncodableVector both = new ASN1EncodableVector();
            both.add(new ASN1Integer(r));
            both.add(new ASN1Integer(s));
            return Bytes.copyOf(new DERSequence(both).getEncoded());
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
