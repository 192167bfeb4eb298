package org.securemed.ledger.erasure;

import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-256-GCM with a random 96-bit nonce. Layout: one byte 0x01, 12 bytes nonce, ciphertext with the 16-byte tag.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/38/d/final">NIST SP 800-38D</a>
 */
final class AesGcm {
    private static final byte FORMAT = 1;
    private static final int NONCE = 12;
    private static final int TAG = 16;
    private static final String TRANSFORMATION = "AES/GCM/NoPadding";
    private static final SecureRandom RANDOM = new SecureRandom();
    // Searched for once: the search takes as long as the encryption.
    private static final Provider PROVIDER = provider();

    private AesGcm() {}

    static byte[] seal(SecretKey key, byte[] associated, byte[] plain) {
        byte[] nonce = new byte[NONCE];
        RANDOM.nextBytes(nonce);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, key, nonce, 0);
            cipher.updateAAD(associated);
            byte[] sealed = new byte[1 + NONCE + plain.length + TAG];
            sealed[0] = FORMAT;
            System.arraycopy(nonce, 0, sealed, 1, NONCE);
            cipher.doFinal(plain, 0, plain.length, sealed, 1 + NONCE);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform seals with AES-GCM", e);
        }
    }

    static byte[] open(SecretKey key, byte[] associated, byte[] sealed) throws SealException {
        if (sealed.length < 1 + NONCE + TAG || sealed[0] != FORMAT) {
            throw new SealException("these bytes were never sealed");
        }
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, key, sealed, 1);
            cipher.updateAAD(associated);
            return cipher.doFinal(sealed, 1 + NONCE, sealed.length - 1 - NONCE);
        } catch (AEADBadTagException e) {
            throw new SealException("the seal is broken, or of another key or entry", e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform opens AES-GCM", e);
        }
    }

    /** Overwrites key bytes that are no longer needed. */
    static void wipe(byte[] bytes) {
        Arrays.fill(bytes, (byte) 0);
    }

    private static Provider provider() {
        try {
            return Cipher.getInstance(TRANSFORMATION).getProvider();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has AES-GCM", e);
        }
    }

    private static Cipher cipher(int mode, SecretKey key, byte[] nonce, int offset) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance(TRANSFORMATION, PROVIDER);
        cipher.init(mode, key, new GCMParameterSpec(TAG * 8, nonce, offset, NONCE));
        return cipher;
    }
}
