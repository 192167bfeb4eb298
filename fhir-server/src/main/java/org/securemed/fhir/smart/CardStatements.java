package org.securemed.fhir.smart;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;

/**
 * Judges the bridge's statements about cards: JWTs signed by a key of the bridge's client, for this server and this one
 * use, at most two minutes long, each {@code jti} once across all instances. No statement passes for an assertion by
 * which the client proves itself, nor the other way: subject and audience are others. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8725">RFC 8725, JSON Web Token Best Current Practices</a>
 */
public final class CardStatements {
    /** {@code acr} in a statement: the card, and its PIN was right. */
    static final String WITH_PIN = "urn:securemed:acr:card";

    private static final Duration LONGEST_LIFE = Duration.ofMinutes(2);
    private static final int LONGEST = 4096;
    private static final Pattern OWNER = Pattern.compile("(Patient|Practitioner|RelatedPerson)/[A-Za-z0-9.-]{1,64}");
    private static final Pattern DEVICE = Pattern.compile("Device/[A-Za-z0-9.-]{1,64}");
    private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9_-]{32,128}");

    private final CardBridge bridge;
    private final Clients clients;
    private final ClientSignatures signatures;
    private final CardLogIns cards;
    private final String issuer;
    private final Duration skew;
    private final Clock clock;

    CardStatements(
            CardBridge bridge,
            Clients clients,
            ClientSignatures signatures,
            CardLogIns cards,
            SmartProperties properties,
            Clock clock) {
        this.bridge = bridge;
        this.clients = clients;
        this.signatures = signatures;
        this.cards = cards;
        this.issuer = properties.issuer();
        this.skew = properties.clockSkew();
        this.clock = clock;
    }

    /** Whether there is a bridge that makes any. */
    public boolean offered() {
        return bridge.present();
    }

    /**
     * A statement about a log-in.
     *
     * @throws CardLogInException if it proves nothing
     */
    CardStatement logIn(String jwt) {
        CardStatement said = judge(jwt, CardLogIn.PATH);
        if (cards.isRemoved(said.device(), said.issuedAt())) {
            throw new CardLogInException("card-removed", said.device());
        }
        return said;
    }

    /**
     * A statement that a card with its PIN has signed something for this server's FHIR API.
     *
     * @throws CardLogInException if it proves nothing, or not that
     */
    public CardStatement signature(String jwt) {
        CardStatement said = judge(jwt, "/fhir");
        if (!said.pin() || said.signed() == null) {
            throw refused(said.device());
        }
        return said;
    }

    /** Whether the bridge itself asks, with an access token of this server's own. */
    public boolean isBridge(Requester requester) {
        return offered()
                && requester.isMachine()
                && requester.clientId().equals(bridge.clientId())
                && requester.issuer().equals(issuer);
    }

    private CardStatement judge(String text, String path) {
        if (!offered() || text.length() > LONGEST) {
            throw refused(null);
        }
        try {
            SignedJWT jwt = SignedJWT.parse(text);
            RegisteredClient client = clients.findByClientId(bridge.clientId());
            if (client == null || !signatures.signed(client, jwt)) {
                throw refused(null);
            }
            JWTClaimsSet claims = jwt.getJWTClaimsSet();
            CardStatement statement = read(claims);
            Instant expiresAt = requireTimes(claims, statement);
            if (!bridge.clientId().equals(claims.getIssuer())
                    || !claims.getAudience().equals(List.of(issuer + path))) {
                throw refused(statement.device());
            }
            if (!signatures.first("card " + client.getClientId(), claims.getJWTID(), expiresAt.plus(skew))) {
                throw new CardLogInException("card-statement-used", statement.device());
            }
            if (cards.isBlocked(statement.device(), statement.issuedAt())) {
                throw new CardLogInException("card-blocked", statement.device());
            }
            return statement;
        } catch (ParseException | JOSEException | IllegalStateException e) {
            throw refused(null);
        }
    }

    private static CardStatement read(JWTClaimsSet claims) throws ParseException {
        String owner = claims.getSubject();
        String device = claims.getStringClaim(Claims.DEVICE);
        String id = claims.getJWTID();
        Date issuedAt = claims.getIssueTime();
        if (owner == null
                || !OWNER.matcher(owner).matches()
                || device == null
                || !DEVICE.matcher(device).matches()
                || id == null
                || !TEXT.matcher(id).matches()
                || issuedAt == null) {
            throw refused(null);
        }
        return new CardStatement(
                owner,
                device,
                WITH_PIN.equals(claims.getStringClaim(Claims.ACR)),
                text(claims.getStringClaim("nonce")),
                text(claims.getStringClaim("signed")),
                issuedAt.toInstant());
    }

    private static @Nullable String text(@Nullable String claim) {
        return claim != null && TEXT.matcher(claim).matches() ? claim : null;
    }

    private Instant requireTimes(JWTClaimsSet claims, CardStatement statement) {
        Instant now = clock.instant();
        Date expiry = claims.getExpirationTime();
        if (expiry == null
                || !expiry.toInstant().plus(skew).isAfter(now)
                || expiry.toInstant().isAfter(now.plus(LONGEST_LIFE).plus(skew))
                || statement.issuedAt().minus(skew).isAfter(now)) {
            throw new CardLogInException("card-statement-expired", statement.device());
        }
        return expiry.toInstant();
    }

    private static CardLogInException refused(@Nullable String device) {
        return new CardLogInException("card-statement-invalid", device);
    }
}
