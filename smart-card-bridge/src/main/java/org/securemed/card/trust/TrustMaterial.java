package org.securemed.card.trust;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CRL;
import java.security.cert.CRLException;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates of the hospital's CA and its revocation lists, in PEM or DER.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468 (PEM)</a>
 */
public final class TrustMaterial {
    /** Larger than the revocation list of a large hospital. */
    private static final int MOST = 64 * 1024 * 1024;

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s([A-Za-z0-9+/=\\s]*?)-----END \\1-----");

    private TrustMaterial() {}

    /**
     * Reads one or more certificates. What else stands in a PEM file, such as comments, lists or keys, is passed over.
     *
     * @throws TrustMaterialException if there are none, or one is damaged
     */
    public static List<X509Certificate> certificates(byte[] content) throws TrustMaterialException {
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            for (byte[] der : parts(content, "CERTIFICATE")) {
                Collection<? extends Certificate> all = x509().generateCertificates(new ByteArrayInputStream(der));
                for (Certificate one : all) {
                    certificates.add((X509Certificate) one);
                }
            }
        } catch (CertificateException e) {
            throw new TrustMaterialException("not a certificate", e);
        }
        if (certificates.isEmpty()) {
            throw new TrustMaterialException("no certificate");
        }
        return List.copyOf(certificates);
    }

    /**
     * Reads one or more revocation lists. Their signatures are checked where they are used.
     *
     * @throws TrustMaterialException if there are none, or one is damaged
     */
    public static List<X509CRL> revocationLists(byte[] content) throws TrustMaterialException {
        List<X509CRL> lists = new ArrayList<>();
        try {
            for (byte[] der : parts(content, "X509 CRL")) {
                for (CRL one : x509().generateCRLs(new ByteArrayInputStream(der))) {
                    lists.add((X509CRL) one);
                }
            }
        } catch (CertificateException | CRLException e) {
            throw new TrustMaterialException("not a revocation list", e);
        }
        if (lists.isEmpty()) {
            throw new TrustMaterialException("no revocation list");
        }
        return List.copyOf(lists);
    }

    private static List<byte[]> parts(byte[] content, String label) throws TrustMaterialException {
        if (content.length == 0 || content.length > MOST) {
            throw new TrustMaterialException("empty, or too large");
        }
        // DER: a SEQUENCE of more than 127 bytes. In PEM a '0' may begin a comment.
        if (content[0] == 0x30 && content.length > 1 && content[1] < 0) {
            return List.of(content);
        }
        String text = new String(content, StandardCharsets.ISO_8859_1);
        List<byte[]> parts = new ArrayList<>();
        Matcher matcher = PEM.matcher(text);
        while (matcher.find()) {
            if (!matcher.group(1).equals(label)) {
                continue;
            }
            try {
                parts.add(Base64.getMimeDecoder().decode(matcher.group(2)));
            } catch (IllegalArgumentException e) {
                throw new TrustMaterialException("not PEM", e);
            }
        }
        // Of two lists the newer one may be the one that was cut off.
        if (parts.size() != text.split("-----BEGIN " + label + "-----", -1).length - 1) {
            throw new TrustMaterialException("a damaged " + label);
        }
        return parts;
    }

    private static CertificateFactory x509() throws CertificateException {
        return CertificateFactory.getInstance("X.509");
    }
}
