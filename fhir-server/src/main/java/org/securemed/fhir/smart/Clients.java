package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.SqlParameterValue;
import org.springframework.security.oauth2.server.authorization.client.JdbcRegisteredClientRepository.RegisteredClientParametersMapper;
import org.springframework.security.oauth2.server.authorization.client.JdbcRegisteredClientRepository.RegisteredClientRowMapper;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClient;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;

/**
 * The registered apps and machine clients in the database: Spring's mapping of rows, our schema. Their scopes are the
 * most they may ask for. Thread-safe.
 */
final class Clients implements RegisteredClientRepository {
    private static final List<String> COLUMNS = List.of(
            "id",
            "client_id",
            "client_id_issued_at",
            "client_secret",
            "client_secret_expires_at",
            "client_name",
            "client_authentication_methods",
            "authorization_grant_types",
            "redirect_uris",
            "post_logout_redirect_uris",
            "scopes",
            "client_settings",
            "token_settings");
    private static final String SELECT =
            "select " + String.join(", ", COLUMNS) + " from smart.oauth2_registered_client where ";
    private static final String UPSERT = "insert into smart.oauth2_registered_client (" + String.join(", ", COLUMNS)
            + ", demo) values (" + "?, ".repeat(COLUMNS.size()) + "?) on conflict (id) do update set "
            + COLUMNS.stream()
                    .skip(3)
                    .map(column -> column + " = excluded." + column)
                    .collect(Collectors.joining(", "));
    private static final int LONGEST_ID = 200;

    /** Keys of our own in a client's settings. */
    static final class Setting {
        /** {@link Role#code()} of a machine client. */
        static final String ROLE = "securemed.role";

        /** Who answers for an app, as shown to people. */
        static final String PUBLISHER = "securemed.publisher";

        /** That the hospital has checked who answers for an app: {@code yes}, or absent. */
        static final String VERIFIED = "securemed.verified";

        static final String FHIR_USER = "securemed.fhir-user";
        static final String ORGANIZATION = "securemed.organization";
        static final String ORGANIZATION_NAME = "securemed.organization-name";
        /** v3-ActReason codes separated by spaces. */
        static final String PURPOSES = "securemed.purposes-of-use";
        /** {@code ResearchStudy/…} that the app or machine works for. */
        static final String STUDY = "securemed.research-study";

        private Setting() {}
    }

    private final JdbcOperations database;
    private final RegisteredClientRowMapper rows = new RegisteredClientRowMapper();
    private final RegisteredClientParametersMapper parameters = new RegisteredClientParametersMapper();

    private final @Nullable RegisteredClient configured;

    Clients(JdbcOperations database) {
        this(database, null);
    }

    /** @param configured a client that is in the settings and not in the database, whatever is there under its id */
    Clients(JdbcOperations database, @Nullable RegisteredClient configured) {
        this.database = database;
        this.configured = configured;
    }

    @Override
    public void save(RegisteredClient client) {
        save(client, false);
    }

    void save(RegisteredClient client, boolean demo) {
        List<SqlParameterValue> values = new ArrayList<>(parameters.apply(client));
        values.add(new SqlParameterValue(java.sql.Types.BOOLEAN, demo));
        database.update(UPSERT, values.toArray());
    }

    /** Also of a client that is let in no more, so that what it was granted can be read and ended. */
    @Override
    public @Nullable RegisteredClient findById(String id) {
        return configured != null && configured.getId().equals(id) ? configured : find("id = ?", id);
    }

    /** None for a client that is let in no more. */
    @Override
    public @Nullable RegisteredClient findByClientId(String clientId) {
        return configured != null && configured.getClientId().equals(clientId)
                ? configured
                : find("enabled and client_id = ?", clientId);
    }

    private @Nullable RegisteredClient find(String filter, String value) {
        if (value.length() > LONGEST_ID || value.indexOf('\0') >= 0) {
            return null;
        }
        List<RegisteredClient> found = database.query(SELECT + filter, rows, value);
        return found.isEmpty() ? null : found.get(0);
    }

    /** A text among a client's settings, or null. */
    static @Nullable String setting(RegisteredClient client, String key) {
        Map<String, Object> settings = client.getClientSettings().getSettings();
        return settings.get(key) instanceof String text && !text.isBlank() ? text : null;
    }
}
