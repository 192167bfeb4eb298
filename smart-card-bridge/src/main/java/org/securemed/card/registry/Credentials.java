package org.securemed.card.registry;

import java.security.PublicKey;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.card.apdu.Bytes;
import org.securemed.card.profile.CardKey;
import org.securemed.card.profile.KeySlot;
import org.securemed.card.trust.ProvenCard;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The table of cards. Methods join the caller's transaction. Thread-safe. */
final class Credentials {
    private final JdbcClient database;
    private final NumberHash hash;
    private final Clock clock;

    Credentials(JdbcClient database, NumberHash hash, Clock clock) {
        this.database = database;
        this.hash = hash;
        this.clock = clock;
    }

    /**
     * Writes down a new card with the keys it has proven.
     *
     * @param proofs of one card, each of another slot
     * @throws DuplicateKeyException if the card's number or one of the keys is enrolled, on whichever card
     */
    Credential insert(List<ProvenCard> proofs, String owner) {
        ProvenCard first = proofs.get(0);
        Instant now = clock.instant();
        Instant until = proofs.stream()
                .map(proof -> proof.certificate().getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
        UUID id = UUID.randomUUID();
        database.sql("insert into card.credential (id, kind, number_hash, owner, status, issued_at, changed_at,"
                        + " valid_until, signing_key, version, recorded)"
                        + " values (:id, :kind, :hash, :owner, 'issued', :now, :now, :until, :key, 1, 0)")
                .param("id", id)
                .param("kind", first.profile())
                .param("hash", hash.of(first.guid()))
                .param("owner", owner)
                .param("now", Timestamp.from(now))
                .param("until", Timestamp.from(until))
                .param("key", signingKey(proofs, owner), java.sql.Types.BINARY)
                .update();
        for (ProvenCard proof : proofs) {
            database.sql("insert into card.credential_key (key_hash, credential, slot, nonce_hash)"
                            + " values (:hash, :id, :slot, :nonce)")
                    .param("hash", hash.of(proof.certificate().getPublicKey()))
                    .param("id", id)
                    .param("slot", code(proof.slot()))
                    .param("nonce", hash.ofNonce(proof.signature()).orElse(null), Types.BINARY)
                    .update();
        }
        return find(id).orElseThrow();
    }

    /** A card. */
    Optional<Credential> find(UUID id) {
        return database.sql("select * from card.credential where id = :id")
                .param("id", id)
                .query(Credentials::credential)
                .optional();
    }

    /** A card, which nobody else changes until the transaction ends. */
    Optional<Credential> lock(UUID id) {
        return database.sql("select * from card.credential where id = :id for update")
                .param("id", id)
                .query(Credentials::credential)
                .optional();
    }

    /** The card with this number on which exactly this key was enrolled in this slot. */
    Optional<Credential> find(ProvenCard proof) {
        PublicKey key = proof.certificate().getPublicKey();
        return database.sql("select c.* from card.credential c join card.credential_key k on k.credential = c.id"
                        + " where c.number_hash = :number and k.key_hash = :key and k.slot = :slot")
                .param("number", hash.of(proof.guid()))
                .param("key", hash.of(key))
                .param("slot", code(proof.slot()))
                .query(Credentials::credential)
                .optional();
    }

    /** The card with this number, whoever says it is. */
    Optional<Credential> numbered(UUID guid) {
        return database.sql("select * from card.credential where number_hash = :number")
                .param("number", hash.of(guid))
                .query(Credentials::credential)
                .optional();
    }

    /**
     * Whether the card's signature has the same random number as its key's last one; it is the last one from now on.
     */
    boolean repeatsItself(ProvenCard proof) {
        Optional<byte[]> nonce = hash.ofNonce(proof.signature());
        return nonce.isPresent()
                && database.sql("update card.credential_key set nonce_hash = :nonce"
                                        + " where key_hash = :key and nonce_hash is distinct from :nonce")
                                .param("nonce", nonce.get())
                                .param("key", hash.of(proof.certificate().getPublicKey()))
                                .update()
                        == 0;
    }

    /** Somebody's cards, the newest first. */
    List<Credential> of(String owner) {
        return database.sql("select * from card.credential where owner = :owner order by issued_at desc, id")
                .param("owner", owner)
                .query(Credentials::credential)
                .list();
    }

    /** Changes a card that was {@linkplain #lock locked}. */
    Credential change(Credential card, Status status, @org.jspecify.annotations.Nullable UUID replacedBy) {
        database.sql("update card.credential set status = :status, replaced_by = :by, changed_at = :now,"
                        + " version = version + 1 where id = :id")
                .param("status", status.code())
                .param("by", replacedBy, Types.OTHER)
                .param("now", Timestamp.from(clock.instant()))
                .param("id", card.id())
                .update();
        return find(card.id()).orElseThrow();
    }

    /** The FHIR server knows the card as it was in this version. */
    void recorded(Credential card) {
        database.sql("update card.credential set recorded = greatest(recorded, :version) where id = :id")
                .param("version", card.version())
                .param("id", card.id())
                .update();
    }

    /** Whether the FHIR server knows how the card is now is not known. */
    void unrecorded(UUID id) {
        database.sql("update card.credential set recorded = 0 where id = :id")
                .param("id", id)
                .update();
    }

    /** Cards that changed without the FHIR server's knowing, the oldest change first. */
    List<Credential> unrecorded(int most) {
        return database.sql("select * from card.credential where recorded < version order by changed_at limit :most")
                .param("most", most)
                .query(Credentials::credential)
                .list();
    }

    /** Cards in use whose time is over. */
    List<Credential> overdue(int most) {
        return database.sql("select * from card.credential where valid_until <= :now"
                        + " and status in ('issued', 'active', 'suspended') limit :most")
                .param("now", Timestamp.from(clock.instant()))
                .param("most", most)
                .query(Credentials::credential)
                .list();
    }

    /** The ledger has to know the key with which a patient signs, and takes only P-256. */
    private static byte @Nullable [] signingKey(List<ProvenCard> proofs, String owner) {
        return proofs.stream()
                .filter(proof -> proof.slot() == KeySlot.HOLDER && owner.startsWith("Patient/"))
                .map(proof -> proof.certificate().getPublicKey())
                .filter(key -> CardKey.of(key).filter(CardKey.P256::equals).isPresent())
                .map(PublicKey::getEncoded)
                .findFirst()
                .orElse(null);
    }

    private static String code(KeySlot slot) {
        return slot.name().toLowerCase(Locale.ROOT);
    }

    private static Credential credential(ResultSet row, int number) throws SQLException {
        return new Credential(
                row.getObject("id", UUID.class),
                row.getString("kind"),
                row.getString("owner"),
                Status.of(row.getString("status")).orElseThrow(),
                row.getTimestamp("issued_at").toInstant(),
                row.getTimestamp("changed_at").toInstant(),
                row.getTimestamp("valid_until").toInstant(),
                row.getObject("replaced_by", UUID.class),
                row.getBytes("signing_key") == null ? null : Bytes.copyOf(row.getBytes("signing_key")),
                row.getLong("version"),
                row.getLong("recorded"));
    }
}
