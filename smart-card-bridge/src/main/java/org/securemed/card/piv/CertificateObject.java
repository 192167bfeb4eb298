package org.securemed.card.piv;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.Tlv;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;

/**
 * The data object that holds a certificate, packed or not.
 *
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1, tables 10 and 15</a>
 */
final class CertificateObject {
    private static final int CERTIFICATE = 0x70;
    private static final int CERTIFICATE_INFO = 0x71;
    private static final int PACKED = 0x01;
    /** More than any certificate; what unpacks to more is no certificate. */
    private static final int MOST = 8 * 1024;

    private CertificateObject() {}

    /**
     * The certificate in it.
     *
     * @return DER, not checked
     * @throws CardRefusedException if there is none, or it does not unpack
     */
    static Bytes parse(List<Tlv> content) throws CardRefusedException {
        Bytes stored = Tlv.find(content, CERTIFICATE).orElseThrow(CertificateObject::malformed);
        // Mandatory, and left out by some issuers whose certificates are not packed.
        Bytes info = Tlv.find(content, CERTIFICATE_INFO).orElse(Bytes.copyOf((byte) 0));
        if (info.length() != 1) {
            throw malformed();
        }
        boolean packed = (info.toByteArray()[0] & PACKED) != 0;
        Bytes certificate = packed ? unpack(stored) : stored;
        if (certificate.length() == 0 || certificate.length() > MOST) {
            throw malformed();
        }
        return certificate;
    }

    private static Bytes unpack(Bytes packed) throws CardRefusedException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed.toByteArray()))) {
            return Bytes.copyOf(in.readNBytes(MOST + 1));
        } catch (IOException e) {
            throw malformed();
        }
    }

    private static CardRefusedException malformed() {
        return new CardRefusedException(RefusalReason.CARD_MALFORMED);
    }
}
