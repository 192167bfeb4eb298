package org.securemed.fhir.smart;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.web.webauthn.api.AuthenticatorTransport;
import org.springframework.security.web.webauthn.api.Bytes;
import org.springframework.security.web.webauthn.api.CredentialRecord;
import org.springframework.security.web.webauthn.api.ImmutableCredentialRecord;
import org.springframework.security.web.webauthn.api.ImmutablePublicKeyCose;
import org.springframework.security.web.webauthn.api.ImmutablePublicKeyCredentialUserEntity;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialType;
import org.springframework.security.web.webauthn.api.PublicKeyCredentialUserEntity;
import org.springframework.security.web.webauthn.management.PublicKeyCredentialUserEntityRepository;
import org.springframework.security.web.webauthn.management.UserCredentialRepository;

/** People's passkeys in the database. Thread-safe. */
final class PasskeyStore {
    private static final int LONGEST_LABEL = 64;

    private final JdbcClient database;
    private final Accounts accounts;

    PasskeyStore(JdbcClient database, Accounts accounts) {
        this.database = database;
        this.accounts = accounts;
    }

    /** The handles by which authenticators know people: random, so that they tell nothing. */
    PublicKeyCredentialUserEntityRepository people() {
        return new People();
    }

    /** The credentials. */
    UserCredentialRepository credentials() {
        return new Credentials();
    }

    /** The passkeys of an account, oldest first. */
    List<CredentialRecord> of(String username) {
        return database.sql("select p.* from smart.passkey p join smart.passkey_user u using (handle)"
                        + " where u.username = :username order by p.created_at")
                .param("username", Accounts.normal(username))
                .query((row, number) -> record(row))
                .list();
    }

    private static CredentialRecord record(ResultSet row) throws SQLException {
        return ImmutableCredentialRecord.builder()
                .credentialType(PublicKeyCredentialType.PUBLIC_KEY)
                .credentialId(Bytes.fromBase64(row.getString("credential_id")))
                .userEntityUserId(Bytes.fromBase64(row.getString("handle")))
                .publicKey(new ImmutablePublicKeyCose(row.getBytes("public_key")))
                .signatureCount(row.getLong("signature_count"))
                .uvInitialized(row.getBoolean("user_verified"))
                .backupEligible(row.getBoolean("backup_eligible"))
                .backupState(row.getBoolean("backup_state"))
                .transports(transports(row.getString("transports")))
                .attestationObject(bytes(row.getBytes("attestation")))
                .attestationClientDataJSON(bytes(row.getBytes("client_data")))
                .label(row.getString("label"))
                .created(row.getTimestamp("created_at").toInstant())
                .lastUsed(row.getTimestamp("last_used_at").toInstant())
                .build();
    }

    private static @Nullable Bytes bytes(byte @Nullable [] octets) {
        return octets == null ? null : new Bytes(octets);
    }

    private static byte @Nullable [] octets(@Nullable Bytes bytes) {
        return bytes == null ? null : bytes.getBytes();
    }

    private static Set<AuthenticatorTransport> transports(String text) {
        return Arrays.stream(text.split(" "))
                .filter(word -> !word.isEmpty())
                .map(AuthenticatorTransport::valueOf)
                .collect(Collectors.toSet());
    }

    private final class People implements PublicKeyCredentialUserEntityRepository {
        @Override
        public @Nullable PublicKeyCredentialUserEntity findById(Bytes id) {
            return find("handle", id.toBase64UrlString());
        }

        @Override
        public @Nullable PublicKeyCredentialUserEntity findByUsername(String username) {
            return find("username", Accounts.normal(username));
        }

        private @Nullable PublicKeyCredentialUserEntity find(String column, String value) {
            Optional<PublicKeyCredentialUserEntity> found = database.sql(
                            "select handle, username from smart.passkey_user where " + column + " = :value")
                    .param("value", value)
                    .query((row, number) -> entity(row.getString("handle"), row.getString("username")))
                    .optional();
            return found.orElse(null);
        }

        private PublicKeyCredentialUserEntity entity(String handle, String username) {
            return ImmutablePublicKeyCredentialUserEntity.builder()
                    .id(Bytes.fromBase64(handle))
                    .name(username)
                    .displayName(
                            accounts.find(username).map(Account::displayName).orElse(username))
                    .build();
        }

        @Override
        public void save(PublicKeyCredentialUserEntity person) {
            database.sql("insert into smart.passkey_user (handle, username) values (:handle, :username)"
                            + " on conflict (handle) do nothing")
                    .param("handle", person.getId().toBase64UrlString())
                    .param("username", Accounts.normal(person.getName()))
                    .update();
        }

        @Override
        public void delete(Bytes id) {
            database.sql("delete from smart.passkey_user where handle = :handle")
                    .param("handle", id.toBase64UrlString())
                    .update();
        }
    }

    private final class Credentials implements UserCredentialRepository {
        @Override
        public void delete(Bytes credentialId) {
            database.sql("delete from smart.passkey where credential_id = :id")
                    .param("id", credentialId.toBase64UrlString())
                    .update();
        }

        @Override
        public void save(CredentialRecord credential) {
            String label =
                    credential.getLabel() == null ? "" : credential.getLabel().strip();
            database.sql("insert into smart.passkey (credential_id, handle, public_key, signature_count, user_verified,"
                            + " backup_eligible, backup_state, transports, attestation, client_data, label,"
                            + " created_at, last_used_at) values (:id, :handle, :key, :count, :verified, :eligible,"
                            + " :state, :transports, :attestation, :clientData, :label, :created, :used)"
                            + " on conflict (credential_id) do update set signature_count = excluded.signature_count,"
                            + " user_verified = excluded.user_verified, backup_state = excluded.backup_state,"
                            + " last_used_at = excluded.last_used_at where smart.passkey.handle = excluded.handle")
                    .param("id", credential.getCredentialId().toBase64UrlString())
                    .param("handle", credential.getUserEntityUserId().toBase64UrlString())
                    .param("key", credential.getPublicKey().getBytes())
                    .param("count", credential.getSignatureCount())
                    .param("verified", credential.isUvInitialized())
                    .param("eligible", credential.isBackupEligible())
                    .param("state", credential.isBackupState())
                    .param(
                            "transports",
                            credential.getTransports().stream()
                                    .map(AuthenticatorTransport::getValue)
                                    .sorted()
                                    .collect(Collectors.joining(" ")))
                    .param("attestation", octets(credential.getAttestationObject()))
                    .param("clientData", octets(credential.getAttestationClientDataJSON()))
                    .param(
                            "label",
                            label.isEmpty() ? "Passkey" : label.substring(0, Math.min(label.length(), LONGEST_LABEL)))
                    .param("created", Timestamp.from(credential.getCreated()))
                    .param("used", Timestamp.from(credential.getLastUsed()))
                    .update();
        }

        @Override
        public @Nullable CredentialRecord findByCredentialId(Bytes credentialId) {
            return database.sql("select * from smart.passkey where credential_id = :id")
                    .param("id", credentialId.toBase64UrlString())
                    .query((row, number) -> record(row))
                    .optional()
                    .orElse(null);
        }

        @Override
        public List<CredentialRecord> findByUserId(Bytes userId) {
            return database.sql("select * from smart.passkey where handle = :handle order by created_at")
                    .param("handle", userId.toBase64UrlString())
                    .query((row, number) -> record(row))
                    .list();
        }
    }
}
