package org.securemed.ledger.consent;

import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Arrays;

/**
 * A transition with its author's signature over exactly the bytes that are kept.
 *
 * <p>What is signed is {@code "securemed/consent-transition/v1\n"} followed by the canonical bytes, so that a signature
 * made for anything else is none; or the signature is a {@linkplain DetachedJws JWS} whose payload they are.
 */
public final class SignedTransition {
    private static final byte[] CONTEXT =
            "securemed/consent-transition/v1\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final int MAX_SIGNATURE = 256;

    private final Transition transition;
    private final byte[] bytes;
    private final byte[] signature;

    private SignedTransition(Transition transition, byte[] bytes, byte[] signature) {
        this.transition = transition;
        this.bytes = bytes;
        this.signature = signature;
    }

    /**
     * Takes canonical bytes and a signature; the signature is verified when the transition is applied.
     *
     * @throws TransitionException if the bytes are no transition, or the signature is longer than 256 bytes
     */
    public static SignedTransition of(byte[] canonicalBytes, byte[] signature) throws TransitionException {
        if (signature.length > MAX_SIGNATURE) {
            throw new TransitionException("a signature is at most " + MAX_SIGNATURE + " bytes");
        }
        return new SignedTransition(Transition.parse(canonicalBytes), canonicalBytes.clone(), signature.clone());
    }

    /** The bytes to sign for {@code transition}. */
    public static byte[] bytesToSign(Transition transition) {
        return withContext(transition.canonicalBytes());
    }

    /** The transition; whether it was signed by its author is not known before it is applied. */
    public Transition transition() {
        return transition;
    }

    /** The canonical bytes. */
    public byte[] canonicalBytes() {
        return bytes.clone();
    }

    /** The signature. */
    public byte[] signature() {
        return signature.clone();
    }

    /** Whether the signature has the form of a detached JWS. */
    public boolean isJws() {
        return DetachedJws.is(signature);
    }

    boolean isSignedBy(RegisteredKey key) {
        try {
            if (isJws()) {
                return DetachedJws.read(signature).isBy(key, bytes);
            }
            Signature verifier = Signature.getInstance(key.algorithm().signatureAlgorithm());
            verifier.initVerify(key.toPublicKey());
            verifier.update(withContext(bytes));
            return verifier.verify(signature);
        } catch (GeneralSecurityException | TransitionException e) {
            // A malformed signature is a wrong one; the algorithms are the platform's own.
            return false;
        }
    }

    private static byte[] withContext(byte[] bytes) {
        byte[] signed = Arrays.copyOf(CONTEXT, CONTEXT.length + bytes.length);
        System.arraycopy(bytes, 0, signed, CONTEXT.length, bytes.length);
        return signed;
    }
}
