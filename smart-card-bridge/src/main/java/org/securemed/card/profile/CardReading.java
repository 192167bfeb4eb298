package org.securemed.card.profile;

import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
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
    private final RoundTrip roundTrip;

    private record Selected(CardProfile profile, CardApplication application) {}

    /** @param profiles the kinds that are known, tried in this order */
    public CardReading(List<CardProfile> profiles) {
        this(profiles, RoundTrip.ANY);
    }

    /**
     * The same, with a bound on how long cards take.
     *
     * @param roundTrip for what they have ready
     */
    public CardReading(List<CardProfile> profiles, RoundTrip roundTrip) {
        this.profiles = List.copyOf(profiles);
        this.roundTrip = roundTrip;
    }

    /**
     * Which card this says it is; not proven.
     *
     * @param card held by nobody else meanwhile
     * @throws CardRefusedException if this cannot be one of our cards
     */
    public UUID claimed(CardConnection card) throws CardLostException, CardRefusedException {
        return select(card).application().guid();
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
        return read(card, challenge.message(), pin, key -> true);
    }

    /**
     * Has a card sign a document, with the key behind the PIN.
     *
     * @param card held by nobody else meanwhile
     * @param message what is signed; its first words keep it apart from every challenge
     * @throws CardRefusedException as {@link #read}; {@link RefusalReason#KEY_UNSUPPORTED} if the key is not on P-256
     */
    public CardProof sign(CardConnection card, byte[] message, Pin pin) throws CardLostException, CardRefusedException {
        return read(card, message, pin, CardReading::signsDocuments);
    }

    private CardProof read(CardConnection card, byte[] message, @Nullable Pin pin, Predicate<CardKey> accepted)
            throws CardLostException, CardRefusedException {
        Selected selected = select(card);
        CardApplication application = selected.application();
        KeySlot slot = pin == null ? KeySlot.CARD : KeySlot.HOLDER;
        long begin = roundTrip.nanos().getAsLong();
        UUID guid = application.guid();
        long first = roundTrip.nanos().getAsLong() - begin;
        Bytes certificate = application.certificate(slot);
        CardKey key = key(certificate);
        if (!accepted.test(key)) {
            // Before the PIN is asked for in vain.
            throw new CardRefusedException(RefusalReason.KEY_UNSUPPORTED);
        }
        if (pin != null) {
            application.verifyPin(pin);
        }
        Bytes signature = application.sign(slot, key, message);
        begin = roundTrip.nanos().getAsLong();
        UUID last = application.guid();
        long second = roundTrip.nanos().getAsLong() - begin;
        if (!last.equals(guid)) {
            throw new CardRefusedException(RefusalReason.CARD_CHANGED);
        }
        if (roundTrip.isTooLong(Math.min(first, second))) {
            throw new CardRefusedException(RefusalReason.CARD_FAR);
        }
        return new CardProof(selected.profile().name(), slot, guid, certificate, signature);
    }

    /** Whether the consent contract, which is to verify it, knows keys of this kind. */
    public static boolean signsDocuments(CardKey key) {
        return key == CardKey.P256;
    }

    private Selected select(CardConnection card) throws CardLostException, CardRefusedException {
        for (CardProfile profile : profiles) {
            Optional<CardApplication> selected = profile.select(card);
            if (selected.isPresent()) {
                return new Selected(profile, selected.get());
            }
        }
        throw new CardRefusedException(RefusalReason.CARD_UNKNOWN);
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
