package org.securemed.card.outbound;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

/**
 * How this program proves itself to servers by TLS, and which servers it believes. PEM files.
 *
 * @param certificate this program's certificate, and those between it and the CA; null: it shows none
 * @param key its private key, PKCS#8, not encrypted; null if there is no certificate
 * @param trust certificates of the CAs of servers; null: the Java platform's
 */
public record TlsFiles(
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path trust) {
    /** No certificate, and the Java platform's CAs. */
    public static final TlsFiles NONE = new TlsFiles(null, null, null);

    private static final Duration CONNECT = Duration.ofSeconds(5);

    public TlsFiles {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("a TLS certificate and its key come together");
        }
    }

    /**
     * A client that follows no redirects.
     *
     * @throws IllegalStateException if a file cannot be read; the message names it and not what is in it
     */
    public HttpClient client() {
        HttpClient.Builder client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT);
        if (certificate == null && trust == null) {
            return client.build();
        }
        @Nullable
        PemSslStoreDetails own = certificate == null || key == null
                ? null
                : PemSslStoreDetails.forCertificate(text(certificate)).withPrivateKey(text(key));
        @Nullable PemSslStoreDetails trusted = trust == null ? null : PemSslStoreDetails.forCertificate(text(trust));
        try {
            return client.sslContext(
                            SslBundle.of(new PemSslStoreBundle(own, trusted)).createSslContext())
                    .build();
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new IllegalStateException(
                    "one of these is no PEM file with what it must hold: " + certificate + ", " + key + ", " + trust);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException("cannot be read: " + file, e);
        }
    }
}
