package org.securemed.card.profile;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.apdu.CardConnection;
import org.securemed.card.apdu.CardLostException;

/**
 * One reading of a card, from finding out its kind to its signature: the reader's side. It relays and decides nothing;
 * whoever made the challenge judges the {@link CardProof}.
 */
public final class CardReading {
    private final List<CardProfile> profiles;

    /** @param profiles the kinds that are known, tried in this order */
    public CardReading(List<CardProfile> profiles) {
        this.profiles = List.copyOf(profiles);
    }

    /**
     * Reads a card and has it sign a challenge.
     *
     * @param card held by nobody else meanwhile
     * @param pin null: the key that needs none
     * @throws CardRefusedException if this cannot be one of our cards, or not the same at the end as at the beginning
     */
    public CardProof read(CardConnection card, Challenge challenge, @Nullable Pin pin)
            throws CardLostException, CardRefusedException {
        return read(card, challenge.message(), pin);
    }

    /**
     * Has a card sign a document, with the key behind the PIN.
     *
     * @param card held by nobody else meanwhile
     * @param message what is signed; its first words keep it apart from every challenge
     * @throws CardRefusedException as {@link #read}
     */
    public CardProof sign(CardConnection card, byte[] message, Pin pin) throws CardLostException, CardRefusedException {
        return read(card, message, pin);
    }

    private CardProof read(CardConnection card, byte[] message, @Nullable Pin pin)
            throws CardLostException, CardRefusedException {
        for (CardProfile profile : profiles) {
            Optional<CardApplication> selected = profile.select(card);
            if (selected.isPresent()) {
                return read(profile, selected.get(), message, pin);
            }
        }
        throw new CardRefusedException(RefusalReason.CARD_UNKNOWN);
    }

    private static CardProof read(CardProfile profile, CardApplication application, byte[] message, @Nullable Pin pin)
            throws CardLostException, CardRefusedException {
        KeySlot slot = pin == null ? KeySlot.CARD : KeySlot.HOLDER;
        UUID guid = application.guid();
        Bytes certificate = application.certificate(slot);
        CardKey key = key(certificate);
        if (pin != null) {
            application.verifyPin(pin);
        }
        Bytes signature = application.sign(slot, key, message);
        if (!application.guid().equals(guid)) {
            throw new CardRefusedException(RefusalReason.CARD_CHANGED);
        }
        return new CardProof(profile.name(), slot, guid, certificate, signature);
    }

    private static CardKey key(Bytes certificate) throws CardRefusedException {
        return CardKey.of(parse(certificate).getPublicKey())
                .orElseThrow(() -> new CardRefusedException(RefusalReason.KEY_UNSUPPORTED));
    }

    /**
     * Reads a certificate; checks nothing but its form.
     *
     * @throws CardRefusedException {@link RefusalReason#CARD_MALFORMED} if it is none
     */
    public static X509Certificate parse(Bytes certificate) throws CardRefusedException {
        ByteArrayInputStream in = new ByteArrayInputStream(certificate.toByteArray());
        try {
            X509Certificate parsed =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            if (parsed == null || in.available() > 0) {
                throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
            }
            return parsed;
        } catch (CertificateException e) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
    }
}
