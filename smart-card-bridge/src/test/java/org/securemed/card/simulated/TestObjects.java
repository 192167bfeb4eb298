package org.securemed.card.simulated;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.Tlv;

/** Data objects as issuers write them (SP 800-73-5 part 1, section 3). */
public final class TestObjects {
    private TestObjects() {}

    /** A CHUID, unsigned as many issuers leave it. */
    public static Bytes chuid(UUID guid, String expiration) {
        return chuid(guid, expiration, 0);
    }

    /** A CHUID with a signature of so many bytes, which nobody checks. */
    public static Bytes chuid(UUID guid, String expiration, int signature) {
        return object(
                new Tlv(0x30, Bytes.copyOf(new byte[25])),
                new Tlv(0x34, bytes(guid)),
                new Tlv(0x35, Bytes.copyOf(expiration.getBytes(StandardCharsets.US_ASCII))),
                new Tlv(0x3E, Bytes.copyOf(new byte[signature])),
                new Tlv(0xFE, Bytes.NONE));
    }

    /** A certificate object. */
    public static Bytes certificate(X509Certificate certificate, boolean packed) {
        byte[] der = encoded(certificate).toByteArray();
        return object(
                new Tlv(0x70, Bytes.copyOf(packed ? pack(der) : der)),
                new Tlv(0x71, Bytes.copyOf((byte) (packed ? 1 : 0))),
                new Tlv(0xFE, Bytes.NONE));
    }

    /** Whatever is in it, within its 53. */
    public static Bytes object(Tlv... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Tlv part : parts) {
            all.writeBytes(part.encode().toByteArray());
        }
        return new Tlv(0x53, Bytes.copyOf(all.toByteArray())).encode();
    }

    /** gzip. */
    public static byte[] pack(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream packer = new GZIPOutputStream(out)) {
            packer.write(bytes);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return out.toByteArray();
    }

    /** DER. */
    public static Bytes encoded(X509Certificate certificate) {
        try {
            return Bytes.copyOf(certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The 16 bytes of a UUID. */
    public static Bytes bytes(UUID guid) {
        return Bytes.copyOf(ByteBuffer.allocate(16)
                .putLong(guid.getMostSignificantBits())
                .putLong(guid.getLeastSignificantBits())
                .array());
    }
}
