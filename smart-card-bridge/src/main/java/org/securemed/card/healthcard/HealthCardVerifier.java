package org.securemed.card.healthcard;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Verifies health cards. Thread-safe. */
final class HealthCardVerifier {
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,12}(\\.[0-9]{1,9})?");

    private final String self;
    private final IssuerKeys ownKeys;
    private final IssuedCards ownCards;
    private final TrustedIssuers issuers;
    private final Duration clockSkew;
    private final Clock clock;

    /** @param self our own {@code iss}: our cards are verified without asking anybody */
    HealthCardVerifier(
            String self,
            IssuerKeys ownKeys,
            IssuedCards ownCards,
            TrustedIssuers issuers,
            Duration clockSkew,
            Clock clock) {
        this.self = self;
        this.ownKeys = ownKeys;
        this.ownCards = ownCards;
        this.issuers = issuers;
        this.clockSkew = clockSkew;
        this.clock = clock;
    }

    /**
     * Verifies a card from codes.
     *
     * @param codes one {@code shc:/} text, or all parts of a card that was split
     * @throws HealthCardException if it is not accepted
     */
    VerifiedCard verifyCodes(List<String> codes) throws HealthCardException {
        return verify(NumericForm.read(codes));
    }

    /**
     * Verifies a card.
     *
     * @param jws compact serialization
     * @throws HealthCardException if it is not accepted
     */
    VerifiedCard verify(String jws) throws HealthCardException {
        UnverifiedCard card = UnverifiedCard.parse(jws);
        TrustedIssuers.Key key =
                card.issuer().equals(self) ? ownKey(card.keyId()) : issuers.key(card.issuer(), card.keyId());
        if (!card.isSignedBy(key.jwk())) {
            throw new HealthCardException(HealthCardException.Reason.SIGNATURE);
        }
        Instant now = clock.instant();
        if (card.notBefore().isAfter(now.plus(clockSkew))) {
            throw new HealthCardException(HealthCardException.Reason.NOT_YET_VALID);
        }
        if (card.expiry() != null && !card.expiry().isAfter(now)) {
            throw new HealthCardException(HealthCardException.Reason.EXPIRED);
        }
        return new VerifiedCard(
                card.issuer(), card.notBefore(), card.expiry(), card.bundle(), key.asOf(), requireStanding(card, key));
    }

    private TrustedIssuers.Key ownKey(String keyId) throws HealthCardException {
        return ownKeys.published().stream()
                .filter(key -> key.jwk().getKeyID().equals(keyId))
                .findFirst()
                .map(key -> new TrustedIssuers.Key(key.jwk(), key.listVersion(), clock.instant()))
                .orElseThrow(() -> new HealthCardException(HealthCardException.Reason.KEY_UNKNOWN));
    }

    /** When it was last known that the card was not taken back; null if the issuer does not do that. */
    private @Nullable Instant requireStanding(UnverifiedCard card, TrustedIssuers.Key key) throws HealthCardException {
        if (card.issuer().equals(self)) {
            requireNotAmong(Set.copyOf(ownCards.revoked(card.keyId())), card);
            return clock.instant();
        }
        if (key.listVersion() == null || card.revocationId() == null) {
            return null;
        }
        TrustedIssuers.Revocations revocations = issuers.revocations(card.issuer(), key);
        requireNotAmong(revocations.entries(), card);
        return revocations.asOf();
    }

    private static void requireNotAmong(Set<String> entries, UnverifiedCard card) throws HealthCardException {
        for (String entry : entries) {
            int dot = entry.indexOf('.');
            String id = dot < 0 ? entry : entry.substring(0, dot);
            if (id.equals(card.revocationId()) && (dot < 0 || isBefore(card.notBefore(), entry.substring(dot + 1)))) {
                throw new HealthCardException(HealthCardException.Reason.REVOKED);
            }
        }
    }

    /** With a time, only cards from before it are meant. A time that cannot be read means all. */
    private static boolean isBefore(Instant notBefore, String seconds) {
        return !SECONDS.matcher(seconds).matches() || notBefore.toEpochMilli() / 1000.0 < Double.parseDouble(seconds);
    }
}
