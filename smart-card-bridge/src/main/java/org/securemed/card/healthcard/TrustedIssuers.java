package org.securemed.card.healthcard;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import java.io.IOException;
import java.sql.Timestamp;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.securemed.card.outbound.StrictJson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Keys and revocation lists of the issuers that are trusted. Of any other issuer nothing is asked. What was received is
 * kept in the database, so that cards are verified while an issuer, or the connection, is away; how old it is is told.
 * Thread-safe.
 */
final class TrustedIssuers {
    private static final Logger log = LoggerFactory.getLogger(TrustedIssuers.class);

    /** Whoever invents key ids makes us ask no more often than this. */
    private static final Duration PAUSE = Duration.ofMinutes(5);

    /** An issuer that did not answer is not asked again, and nobody waits for it, for so long. */
    private static final Duration PAUSE_OF_SILENT = Duration.ofMinutes(1);

    private final Set<String> trusted;
    private final IssuerDocuments documents;
    private final JdbcClient database;
    private final Duration refreshAfter;
    private final Duration staleAfter;
    private final Clock clock;
    /** When an address did not answer; as many as trusted issuers have keys. */
    private final Map<String, Instant> silent = new ConcurrentHashMap<>();

    /**
     * A key of an issuer.
     *
     * @param listVersion version of the revocation list that the issuer has for it; null if it has none
     * @param asOf when the issuer said so
     */
    record Key(ECKey jwk, @Nullable Long listVersion, Instant asOf) {}

    /**
     * A revocation list.
     *
     * @param entries {@code rid} or {@code rid.time}
     * @param asOf when the issuer said so
     */
    record Revocations(long version, Set<String> entries, Instant asOf) {}

    private record Document(ObjectNode body, Instant asOf) {}

    TrustedIssuers(
            List<String> trusted,
            IssuerDocuments documents,
            JdbcClient database,
            Duration refreshAfter,
            Duration staleAfter,
            Clock clock) {
        this.trusted = Set.copyOf(trusted);
        this.documents = documents;
        this.database = database;
        this.refreshAfter = refreshAfter;
        this.staleAfter = staleAfter;
        this.clock = clock;
    }

    /**
     * A key of a trusted issuer.
     *
     * @throws HealthCardException {@code ISSUER_UNTRUSTED}, {@code ISSUER_UNAVAILABLE} or {@code KEY_UNKNOWN}
     */
    Key key(String issuer, String keyId) throws HealthCardException {
        if (!trusted.contains(issuer)) {
            throw new HealthCardException(HealthCardException.Reason.ISSUER_UNTRUSTED);
        }
        String url = issuer + "/.well-known/jwks.json";
        Document keys = document(url, refreshAfter);
        Optional<Key> found = key(keys, keyId);
        if (found.isEmpty()) {
            found = key(document(url, PAUSE), keyId);
        }
        return found.orElseThrow(() -> new HealthCardException(HealthCardException.Reason.KEY_UNKNOWN));
    }

    /**
     * The revocation list for a key, at least in the version that the key names.
     *
     * @throws HealthCardException {@code ISSUER_UNAVAILABLE}
     */
    Revocations revocations(String issuer, Key key) throws HealthCardException {
        String url = issuer + "/.well-known/crl/" + key.jwk().getKeyID() + ".json";
        long wanted = key.listVersion() == null ? 0 : key.listVersion();
        Revocations list = revocations(document(url, refreshAfter), key);
        if (list.version() < wanted) {
            list = revocations(document(url, Duration.ZERO), key);
        }
        if (list.version() < wanted) {
            // Somebody shows us an older list than the issuer says there is.
            throw unavailable();
        }
        return list;
    }

    private Document document(String url, Duration maxAge) throws HealthCardException {
        Instant now = clock.instant();
        Optional<Document> kept = kept(url);
        if (kept.isPresent() && kept.get().asOf().plus(maxAge).isAfter(now)) {
            return kept.get();
        }
        Instant silentSince = silent.get(url);
        if (silentSince != null && now.isBefore(silentSince.plus(PAUSE_OF_SILENT))) {
            return old(kept, now);
        }
        try {
            byte[] body = documents.fetch(url);
            Document fetched = new Document(StrictJson.object(body), now);
            keep(url, body, now);
            silent.remove(url);
            return fetched;
        } catch (IOException e) {
            silent.put(url, now);
            log.atWarn()
                    .addKeyValue("url", url)
                    .addKeyValue("failure", e.getClass().getSimpleName())
                    .log("a trusted issuer of health cards did not answer");
            return old(kept, now);
        }
    }

    private Document old(Optional<Document> kept, Instant now) throws HealthCardException {
        return kept.filter(document -> document.asOf().plus(staleAfter).isAfter(now))
                .orElseThrow(TrustedIssuers::unavailable);
    }

    private Optional<Document> kept(String url) {
        return database.sql("select body, fetched_at from card.issuer_document where url = :url")
                .param("url", url)
                .query((row, number) -> {
                    try {
                        return new Document(
                                StrictJson.object(row.getBytes("body")),
                                row.getTimestamp("fetched_at").toInstant());
                    } catch (IOException e) {
                        throw new IllegalStateException("a kept document of an issuer is no JSON", e);
                    }
                })
                .optional();
    }

    private void keep(String url, byte[] body, Instant now) {
        database.sql("insert into card.issuer_document (url, body, fetched_at) values (:url, :body, :now)"
                        + " on conflict (url) do update set body = excluded.body, fetched_at = excluded.fetched_at"
                        + " where card.issuer_document.fetched_at < excluded.fetched_at")
                .param("url", url)
                .param("body", body)
                .param("now", Timestamp.from(now))
                .update();
    }

    private static Optional<Key> key(Document document, String keyId) throws HealthCardException {
        for (JsonNode each : document.body().path("keys")) {
            if (keyId.equals(each.path("kid").asText())) {
                return Optional.of(new Key(
                        parsed(each, keyId),
                        each.has("crlVersion") ? each.path("crlVersion").asLong(0) : null,
                        document.asOf()));
            }
        }
        return Optional.empty();
    }

    /** P-256, to sign with ES256, without a private part, and named by its thumbprint. */
    private static ECKey parsed(JsonNode jwk, String keyId) throws HealthCardException {
        try {
            ECKey key = ECKey.parse(jwk.toString());
            boolean right = Curve.P_256.equals(key.getCurve())
                    && !key.isPrivate()
                    && JWSAlgorithm.ES256.equals(key.getAlgorithm())
                    && KeyUse.SIGNATURE.equals(key.getKeyUse())
                    && keyId.equals(key.computeThumbprint().toString());
            if (right) {
                return key;
            }
        } catch (ParseException | JOSEException | IllegalArgumentException | IllegalStateException e) {
            // As if there were no such key.
        }
        throw new HealthCardException(HealthCardException.Reason.KEY_UNKNOWN);
    }

    private static Revocations revocations(Document document, Key key) throws HealthCardException {
        ObjectNode body = document.body();
        if (!key.jwk().getKeyID().equals(body.path("kid").asText())
                || !"rid".equals(body.path("method").asText())
                || !body.path("rids").isArray()) {
            throw unavailable();
        }
        Set<String> entries = new HashSet<>();
        body.path("rids").forEach(entry -> entries.add(entry.asText()));
        return new Revocations(body.path("ctr").asLong(0), entries, document.asOf());
    }

    private static HealthCardException unavailable() {
        return new HealthCardException(HealthCardException.Reason.ISSUER_UNAVAILABLE);
    }
}
