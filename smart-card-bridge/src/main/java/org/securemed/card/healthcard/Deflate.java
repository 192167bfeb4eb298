package org.securemed.card.healthcard;

import java.io.ByteArrayOutputStream;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Raw DEFLATE, without the header of zlib.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1951">RFC 1951</a>
 */
final class Deflate {
    private Deflate() {}

    static byte[] deflated(byte[] plain) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, /* nowrap= */ true);
        try {
            deflater.setInput(plain);
            deflater.finish();
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            byte[] buffer = new byte[4096];
            while (!deflater.finished()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
            return packed.toByteArray();
        } finally {
            deflater.end();
        }
    }

    /**
     * The plain bytes; unpacking ends as soon as there are too many.
     *
     * @param limit in bytes
     * @throws HealthCardException {@link HealthCardException.Reason#TOO_LARGE}, or
     *     {@link HealthCardException.Reason#MALFORMED} if it is damaged, cut off, or goes on behind its end
     */
    static byte[] inflated(byte[] packed, int limit) throws HealthCardException {
        Inflater inflater = new Inflater(/* nowrap= */ true);
        try {
            inflater.setInput(packed);
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            byte[] buffer = new byte[4096];
            while (!inflater.finished()) {
                int count = inflater.inflate(buffer);
                if (count == 0 && !inflater.finished()) {
                    throw new HealthCardException(HealthCardException.Reason.MALFORMED);
                }
                if (plain.size() + count > limit) {
                    throw new HealthCardException(HealthCardException.Reason.TOO_LARGE);
                }
                plain.write(buffer, 0, count);
            }
            if (inflater.getRemaining() > 0) {
                throw new HealthCardException(HealthCardException.Reason.MALFORMED);
            }
            return plain.toByteArray();
        } catch (DataFormatException e) {
            throw new HealthCardException(HealthCardException.Reason.MALFORMED);
        } finally {
            inflater.end();
        }
    }
}
