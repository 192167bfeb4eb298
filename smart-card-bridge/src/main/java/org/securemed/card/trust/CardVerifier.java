package org.securemed.card.trust;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.CardProfile;
import org.securemed.card.profile.CardProof;
import org.securemed.card.profile.CardReading;
import org.securemed.card.profile.CardRefusedException;
import org.securemed.card.profile.Challenge;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.profile.RefusalReason;

/**
 * Judges what a reader brought back from a card. Accepted is only what a genuine card can have made now: the hospital's
 * CA certified the key, for this use and for the card's GUID, nothing of it is revoked or out of date, and the key
 * signed this challenge. Thread-safe.
 */
public final class CardVerifier {
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int URI_NAME = 6;
    private static final String UUID_URN = "urn:uuid:";

    private final Map<String, CardProfile> profiles;
    private final HospitalCa ca;

    /** @param profiles the kinds of card that are known */
    public CardVerifier(List<CardProfile> profiles, HospitalCa ca) {
        this.profiles = profiles.stream().collect(Collectors.toUnmodifiableMap(CardProfile::name, Function.identity()));
        this.ca = ca;
    }

    /**
     * Judges a proof. Whether the challenge is still to be answered is the caller's affair.
     *
     * @throws CardRefusedException naming the first thing that is wrong
     */
    public ProvenCard verify(CardProof proof, Challenge challenge) throws CardRefusedException {
        return verify(proof, challenge.message());
    }

    /**
     * Judges a card that has signed a document. Whether that is one to be signed now is the caller's affair.
     *
     * @param message what was signed, with the words before it that keep it apart from every challenge
     * @throws CardRefusedException naming the first thing that is wrong
     */
    public ProvenCard verifySigned(CardProof proof, byte[] message) throws CardRefusedException {
        if (proof.slot() != KeySlot.HOLDER) {
            throw new CardRefusedException(RefusalReason.KEY_USAGE);
        }
        return verify(proof, message);
    }

    private ProvenCard verify(CardProof proof, byte[] message) throws CardRefusedException {
        CardProfile profile = profiles.get(proof.profile());
        if (profile == null) {
            throw new CardRefusedException(RefusalReason.CARD_UNKNOWN);
        }
        X509Certificate certificate = CardReading.parse(proof.certificate());
        CardKey key = CardKey.of(certificate.getPublicKey())
                .orElseThrow(() -> new CardRefusedException(RefusalReason.KEY_UNSUPPORTED));
        ca.check(certificate);
        requireUsage(certificate, proof.slot());
        requireGuid(certificate, proof.guid());
        key.verify(certificate.getPublicKey(), message, proof.signature());
        return new ProvenCard(profile.name(), proof.slot(), proof.guid(), certificate, proof.signature());
    }

    private static void requireUsage(X509Certificate certificate, KeySlot slot) throws CardRefusedException {
        boolean[] usage = certificate.getKeyUsage();
        // Without the extension the key may be used for anything (RFC 5280, 4.2.1.3); the extended one is never
        // missing.
        boolean signs = usage == null || usage[DIGITAL_SIGNATURE];
        boolean authority = certificate.getBasicConstraints() >= 0;
        Set<String> purposes = purposes(certificate);
        boolean right = purposes.contains(slot.keyPurpose())
                && !purposes.contains(slot.other().keyPurpose());
        if (!signs || authority || !right) {
            throw new CardRefusedException(RefusalReason.KEY_USAGE);
        }
    }

    private static Set<String> purposes(X509Certificate certificate) throws CardRefusedException {
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            return purposes == null ? Set.of() : Set.copyOf(purposes);
        } catch (CertificateParsingException e) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
    }

    /** The certificate names exactly one GUID, the card's (FIPS 201-3, 4.2.1). */
    private static void requireGuid(X509Certificate certificate, UUID guid) throws CardRefusedException {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            throw new CardRefusedException(RefusalReason.CARD_MALFORMED);
        }
        List<String> uuids = names == null
                ? List.of()
                : names.stream()
                        .filter(name -> Integer.valueOf(URI_NAME).equals(name.get(0)))
                        .map(name -> String.valueOf(name.get(1)).toLowerCase(Locale.ROOT))
                        .filter(uri -> uri.startsWith(UUID_URN))
                        .distinct()
                        .toList();
        if (uuids.size() != 1 || !uuids.get(0).equals(UUID_URN + guid)) {
            throw new CardRefusedException(RefusalReason.GUID_MISMATCH);
        }
    }
}
