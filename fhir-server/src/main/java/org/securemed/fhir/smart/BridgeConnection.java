package org.securemed.fhir.smart;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Whether a connection is the smart card bridge's: where its TLS certificates are named, its access tokens count only
 * on connections that came with one of them. A token that is taken from it is then of no use. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8705#section-3">RFC 8705, section 3: the same for tokens that name
 *     the certificate themselves</a>
 */
final class BridgeConnection {
    private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

    private final CardBridge bridge;
    private final String issuer;
    private final Set<X509Certificate> known;

    /** @throws IllegalStateException if the file that is named holds no certificates */
    BridgeConnection(CardBridge bridge, String issuer) {
        this.bridge = bridge;
        this.issuer = issuer;
        this.known = bridge.certificates() == null ? Set.of() : read(bridge.certificates());
    }

    private static Set<X509Certificate> read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            Set<X509Certificate> read = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .collect(Collectors.toUnmodifiableSet());
            if (!read.isEmpty()) {
                return read;
            }
        } catch (IOException | CertificateException e) {
            // Said below.
        }
        throw new IllegalStateException("securemed.smart.card-bridge.certificates is a file with PEM certificates");
    }

    /** Whether a token may be used on this connection. */
    boolean allows(Requester requester, HttpServletRequest request) {
        boolean bridges = requester.isMachine()
                && requester.clientId().equals(bridge.clientId())
                && requester.issuer().equals(issuer);
        if (!bridges || known.isEmpty()) {
            return true;
        }
        X509Certificate shown = certificate(request);
        return shown != null && known.contains(shown);
    }

    private static @Nullable X509Certificate certificate(HttpServletRequest request) {
        return request.getAttribute(CERTIFICATES) instanceof X509Certificate[] path && path.length > 0 ? path[0] : null;
    }
}
