package org.securemed.card.piv;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.Tlv;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.RefusalReason;

/**
 * The Card Holder Unique Identifier: the card's GUID. Anyone can copy it; it names a card and proves none.
 *
 * @param guid never the nil UUID
 * @see <a href="https://csrc.nist.gov/pubs/sp/800/73/pt1/5/final">NIST SP 800-73-5, part 1, 3.1.2 and table 9</a>
 */
record Chuid(UUID guid) {
    private static final int GUID = 0x34;
    private static final int EXPIRATION = 0x35;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("uuuuMMdd").withResolverStyle(ResolverStyle.STRICT);

    /**
     * Reads it.
     *
     * @throws CardRefusedException if there is no GUID, or its expiration date is malformed or past
     */
    static Chuid parse(List<Tlv> content, Clock clock) throws CardRefusedException {
        Bytes guid = Tlv.find(content, GUID)
                .filter(value -> value.length() == 16)
                .orElseThrow(() -> new CardRefusedException(RefusalReason.CARD_MALFORMED));
        ByteBuffer halves = ByteBuffer.wrap(guid.toByteArray());
        UUID uuid = new UUID(halves.getLong(), halves.getLong());
        if (uuid.equals(new UUID(0, 0))) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
        // Mandatory, and left out by some issuers; the certificate's validity binds in any case.
        Optional<Bytes> expiration = Tlv.find(content, EXPIRATION);
        if (expiration.isPresent()
                && date(expiration.get()).isBefore(LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC))) {
            throw new CardRefusedException(RefusalReason.CARD_EXPIRED);
        }
        return new Chuid(uuid);
    }

    private static LocalDate date(Bytes value) throws CardRefusedException {
        try {
            return LocalDate.parse(new String(value.toByteArray(), StandardCharsets.US_ASCII), DATE);
        } catch (DateTimeException e) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
    }
}
