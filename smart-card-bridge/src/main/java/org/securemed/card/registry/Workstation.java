package org.securemed.card.registry;

import jakarta.servlet.http.HttpServletRequest;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Optional;

/**
 * A workstation that has proven itself by TLS: the connection came with a certificate that the server's trust store
 * accepts.
 *
 * @param fingerprint SHA-256 of the certificate, base64url
 */
record Workstation(String fingerprint) {
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    /** That which sent a request, if it has proven itself. */
    static Optional<Workstation> of(HttpServletRequest request) {
        if (!(request.getAttribute(CERTIFICATES) instanceof X509Certificate[] path) || path.length == 0) {
            return Optional.empty();
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(path[0].getEncoded());
            return Optional.of(
                    new Workstation(Base64.getUrlEncoder().withoutPadding().encodeToString(hash)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate that TLS accepted cannot be hashed", e);
        }
    }
}
