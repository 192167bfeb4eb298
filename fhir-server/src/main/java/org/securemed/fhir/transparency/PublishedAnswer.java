package org.securemed.fhir.transparency;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.TreeHash;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** Answers with their caching headers, as C2SP tlog-tiles has them. */
final class PublishedAnswer {
    private static final MediaType TEXT = MediaType.parseMediaType("text/plain;charset=utf-8");
    private static final Duration FOR_GOOD = Duration.ofDays(365);
    private static final Duration A_MOMENT = Duration.ofSeconds(1);

    private PublishedAnswer() {}

    /** Text that is another in a second. */
    static ResponseEntity<byte[]> passing(byte[] text) {
        return answer(text, TEXT, CacheControl.maxAge(A_MOMENT).cachePublic(), "");
    }

    /** Bytes that stay the same, for everybody. */
    static ResponseEntity<byte[]> lasting(byte[] bytes) {
        return answer(
                bytes,
                MediaType.APPLICATION_OCTET_STREAM,
                CacheControl.maxAge(FOR_GOOD).cachePublic().immutable(),
                "");
    }

    /**
     * Bytes that stay the same, for who asked; packed if that is accepted.
     *
     * @param acceptEncoding the request's header
     */
    static ResponseEntity<byte[]> lastingFor(byte[] bytes, @Nullable String acceptEncoding) {
        boolean packed = acceptsGzip(acceptEncoding);
        ResponseEntity<byte[]> plain = answer(
                packed ? gzip(bytes) : bytes,
                MediaType.APPLICATION_OCTET_STREAM,
                CacheControl.maxAge(FOR_GOOD).cachePrivate().immutable(),
                packed ? "gzip" : "");
        HttpHeaders headers = new HttpHeaders(plain.getHeaders());
        headers.add(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
        headers.add(HttpHeaders.VARY, HttpHeaders.AUTHORIZATION);
        return new ResponseEntity<>(plain.getBody(), headers, plain.getStatusCode());
    }

    private static ResponseEntity<byte[]> answer(byte[] bytes, MediaType type, CacheControl caching, String encoding) {
        ResponseEntity.BodyBuilder answer = ResponseEntity.ok()
                .contentType(type)
                .cacheControl(caching)
                .eTag('"' + TreeHash.sha256(bytes).toString().substring(0, 32) + '"');
        if (!encoding.isEmpty()) {
            answer.header(HttpHeaders.CONTENT_ENCODING, encoding);
        }
        return answer.body(bytes);
    }

    /** RFC 9110 section 12.5.3, of which only this matters: gzip is named and not with weight zero. */
    static boolean acceptsGzip(@Nullable String acceptEncoding) {
        if (acceptEncoding == null) {
            return false;
        }
        for (String coding : acceptEncoding.toLowerCase(Locale.ROOT).split(",")) {
            String[] parts = coding.strip().split("\\s*;\\s*");
            if (parts[0].equals("gzip") || parts[0].equals("x-gzip")) {
                return parts.length == 1 || !parts[1].matches("q=0(\\.0{0,3})?");
            }
        }
        return false;
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return packed.toByteArray();
    }
}
