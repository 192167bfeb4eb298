package org.securemed.card.profile;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Optional;
import org.securemed.card.apdu.ApduException;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.Tlv;

/**
 * The kinds of key that are accepted, each with the one signature algorithm it is used with.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/78/5/final">NIST SP 800-78-5, tables 1 and 5</a>
 */
public enum CardKey {
    /** ECDSA with SHA-256. */
    P256(0x11, "SHA-256", "SHA256withECDSA"),
    /** ECDSA with SHA-384. */
    P384(0x14, "SHA-384", "SHA384withECDSA"),
    /** RSASSA-PKCS1-v1_5 with SHA-256. */
    RSA2048(0x07, "SHA-256", "SHA256withRSA");

    private static final int SEQUENCE = 0x30;
    private static final byte INTEGER = 0x02;
    private static final BigInteger LEAST_EXPONENT = BigInteger.valueOf(65537);

    private final int pivAlgorithm;
    private final String digest;
    private final String signature;

    CardKey(int pivAlgorithm, String digest, String signature) {
        this.pivAlgorithm = pivAlgorithm;
        this.digest = digest;
        this.signature = signature;
    }

    /** What kind of key this is; empty if it is not accepted. */
    public static Optional<CardKey> of(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            BigInteger exponent = rsa.getPublicExponent();
            boolean good = rsa.getModulus().bitLength() == 2048
                    && exponent.compareTo(LEAST_EXPONENT) >= 0
                    && exponent.bitLength() <= 256
                    && exponent.testBit(0);
            return good ? Optional.of(RSA2048) : Optional.empty();
        }
        if (key instanceof ECPublicKey ec) {
            if (same(ec.getParams(), "secp256r1")) {
                return Optional.of(P256);
            }
            return same(ec.getParams(), "secp384r1") ? Optional.of(P384) : Optional.empty();
        }
        return Optional.empty();
    }

    /** The algorithm identifier of GENERAL AUTHENTICATE (SP 800-78-5, table 9). */
    public int pivAlgorithm() {
        return pivAlgorithm;
    }

    /** Digest of a message, as this key signs it. */
    public byte[] digest(byte[] message) {
        try {
            return MessageDigest.getInstance(digest).digest(message);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + digest, e);
        }
    }

    /**
     * Checks a signature.
     *
     * @param signed as the card gave it: DER for ECDSA
     * @throws CardRefusedException {@link RefusalReason#SIGNATURE_INVALID}
     */
    public void verify(PublicKey key, byte[] message, Bytes signed) throws CardRefusedException {
        boolean good;
        try {
            Signature check = Signature.getInstance(signature);
            check.initVerify(key);
            check.update(message);
            good = check.verify(signed.toByteArray());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + signature, e);
        } catch (InvalidKeyException e) {
            throw new CardRefusedException(RefusalReason.KEY_UNSUPPORTED);
        } catch (GeneralSecurityException e) {
            // Not even the form of a signature.
            good = false;
        }
        if (!good) {
            throw new CardRefusedException(RefusalReason.SIGNATURE_INVALID);
        }
        if (key instanceof ECPublicKey ec && isPublicPoint(ec, signed)) {
            throw new CardRefusedException(RefusalReason.RANDOMNESS_WEAK);
        }
    }

    /** A nonce that is the private key itself: there are generators that make it so. */
    private static boolean isPublicPoint(ECPublicKey key, Bytes signed) {
        BigInteger x = key.getW().getAffineX().mod(key.getParams().getOrder());
        return nonce(signed).filter(x::equals).isPresent();
    }

    /**
     * What a signature by ECDSA tells of its random number, {@code r}. The same twice from one key gives the key away.
     *
     * @return empty if it is no such signature
     * @see <a href="https://www.rfc-editor.org/rfc/rfc3279#section-2.2.3">RFC 3279, section 2.2.3</a>
     */
    public static Optional<BigInteger> nonce(Bytes signed) {
        try {
            byte[] numbers = Tlv.parseOnly(SEQUENCE, signed).toByteArray();
            boolean formed =
                    numbers.length > 2 && numbers[0] == INTEGER && numbers[1] > 0 && numbers[1] <= numbers.length - 2;
            return formed ? Optional.of(new BigInteger(1, numbers, 2, numbers[1])) : Optional.empty();
        } catch (ApduException e) {
            return Optional.empty();
        }
    }

    private static boolean same(ECParameterSpec curve, String name) {
        try {
            java.security.AlgorithmParameters parameters = java.security.AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(name));
            ECParameterSpec named = parameters.getParameterSpec(ECParameterSpec.class);
            return named.getCurve().equals(curve.getCurve())
                    && named.getGenerator().equals(curve.getGenerator())
                    && named.getOrder().equals(curve.getOrder())
                    && named.getCofactor() == curve.getCofactor();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + name, e);
        }
    }
}
