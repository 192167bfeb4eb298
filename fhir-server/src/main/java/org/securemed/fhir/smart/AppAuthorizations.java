package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Which authorizations are which consents. Whoever writes Consents says here when one is over: the authorization ends
 * in the same transaction, and its tokens with the very next request. Thread-safe.
 */
public final class AppAuthorizations {
    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Revocations revocations;
    private final Clock clock;

    AppAuthorizations(JdbcClient database, TransactionTemplate transactions, Revocations revocations, Clock clock) {
        this.database = database;
        this.transactions = transactions;
        this.revocations = revocations;
        this.clock = clock;
    }

    /** Remembers that an authorization is a consent. */
    void keep(AppConsents.Written consent, String authorization, String clientId, AppUser user) {
        database.sql("insert into smart.app_consent (consent_id, authorization_id, client_id, username, fhir_user,"
                        + " patient) values (:consent, :authorization, :client, :username, :user, :patient)")
                .param("consent", consent.id())
                .param("authorization", authorization)
                .param("client", clientId)
                .param("username", user.username())
                .param("user", user.fhirUser())
                .param("patient", consent.patient())
                .update();
    }

    /** Whether a Consent is, or once was, the authorization of an app. */
    public boolean isAppConsent(String consentId) {
        return database.sql("select exists (select 1 from smart.app_consent where consent_id = :consent)")
                .param("consent", consentId)
                .query(Boolean.class)
                .single();
    }

    /** Consents in force that a person gave an app about a patient's record. */
    public List<String> inForce(String username, String clientId, String patient) {
        return database.sql("select consent_id from smart.app_consent where username = :username"
                        + " and client_id = :client and patient = :patient and ended_at is null order by consent_id")
                .param("username", username)
                .param("client", clientId)
                .param("patient", patient)
                .query(String.class)
                .list();
    }

    /** Consents in force that somebody gave apps about a patient's record, as this FHIR user. */
    public List<String> inForceBy(String fhirUser, String patient) {
        return database.sql("select consent_id from smart.app_consent where fhir_user = :user"
                        + " and patient = :patient and ended_at is null order by consent_id")
                .param("user", fhirUser)
                .param("patient", patient)
                .query(String.class)
                .list();
    }

    /** When a person last let an app in by a consent that is still in force. */
    Optional<Instant> lastInForce(String username, String clientId) {
        return database.sql("select max(a.created_at) from smart.app_consent c join smart.oauth2_authorization a"
                        + " on a.id = c.authorization_id where c.username = :username and c.client_id = :client"
                        + " and c.ended_at is null")
                .param("username", username)
                .param("client", clientId)
                .query(Timestamp.class)
                .optional()
                .map(Timestamp::toInstant);
    }

    /**
     * An app that acts for a person.
     *
     * @param authorization id of the authorization
     * @param app name
     * @param since when it was granted
     * @param renewed when it last came for a token; null if it has not come yet
     * @param offline whether it goes on while the person is not there
     */
    record Acting(
            String authorization,
            String app,
            Instant since,
            @Nullable Instant renewed,
            boolean offline) {}

    /** The apps that act for a person now, newest first. */
    List<Acting> of(String username) {
        return database.sql(
                        "select a.id, c.client_name, a.created_at, a.access_token_issued_at, a.refresh_token_value is not null"
                                + " from smart.oauth2_authorization a"
                                + " join smart.oauth2_registered_client c on c.id = a.registered_client_id"
                                + " where a.principal_name = :username and a.authorization_grant_type = 'authorization_code'"
                                + " and (coalesce(a.refresh_token_expires_at, a.access_token_expires_at) > :now"
                                // Let in, and it has not come for its token yet.
                                + " or a.access_token_value is null and exists (select 1 from smart.app_consent one"
                                + " where one.authorization_id = a.id and one.ended_at is null))"
                                + " order by a.created_at desc limit 200")
                .param("username", username)
                .param("now", Timestamp.from(clock.instant()))
                .query((row, number) -> new Acting(
                        row.getString(1),
                        row.getString(2),
                        row.getTimestamp(3).toInstant(),
                        Optional.ofNullable(row.getTimestamp(4))
                                .map(Timestamp::toInstant)
                                .orElse(null),
                        row.getBoolean(5)))
                .list();
    }

    /** The consent that an authorization is, if it is one and in force. */
    Optional<AppConsents.Written> consentOf(String authorization) {
        return database.sql("select consent_id, patient from smart.app_consent"
                        + " where authorization_id = :authorization and ended_at is null")
                .param("authorization", authorization)
                .query((row, number) -> new AppConsents.Written(row.getString(1), row.getString(2)))
                .optional();
    }

    /** A Consent is not active any more: if an app acts by it, its tokens of every kind end. Joins the transaction. */
    public void end(String consentId) {
        transactions.executeWithoutResult(status -> database.sql("update smart.app_consent set ended_at = :now"
                        + " where consent_id = :consent and ended_at is null returning authorization_id")
                .param("now", Timestamp.from(clock.instant()))
                .param("consent", consentId)
                .query(String.class)
                .optional()
                .ifPresent(authorization -> {
                    revocations.revoke(Revocations.Kind.AUTHORIZATION, authorization);
                    database.sql("delete from smart.oauth2_authorization where id = :id")
                            .param("id", authorization)
                            .update();
                }));
    }
}
