package org.securemed.card.simulated;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateEncodingException;
import java.util.Base64;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/**
 * Somebody's certificate for TLS, and its key, in PEM files.
 *
 * @param certificate for {@code localhost}
 * @param key PKCS#8
 * @param trust the CA's certificate
 */
public record TestTls(Path certificate, Path key, Path trust) {
    /** A server's. */
    public static TestTls server(TestCa ca, Path directory, String name) {
        return of(ca, directory, name, KeyPurposeId.id_kp_serverAuth);
    }

    /** A client's. */
    public static TestTls client(TestCa ca, Path directory, String name) {
        return of(ca, directory, name, KeyPurposeId.id_kp_clientAuth);
    }

    private static TestTls of(TestCa ca, Path directory, String name, KeyPurposeId purpose) {
        KeyPair pair = TestCa.keyPair("secp256r1");
        try {
            return new TestTls(
                    pem(
                            directory.resolve(name + ".pem"),
                            "CERTIFICATE",
                            ca.tls(pair.getPublic(), purpose).build().getEncoded()),
                    pem(
                            directory.resolve(name + ".key"),
                            "PRIVATE KEY",
                            pair.getPrivate().getEncoded()),
                    pem(
                            directory.resolve(name + ".ca.pem"),
                            "CERTIFICATE",
                            ca.certificate().getEncoded()));
        } catch (IOException | CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Path pem(Path file, String type, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.write(
                file,
                "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
                        .formatted(type, base64)
                        .getBytes(StandardCharsets.US_ASCII));
    }
}
