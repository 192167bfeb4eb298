package org.securemed.fhir.smart;

import java.sql.Timestamp;
import java.sql.Types;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.support.DataAccessUtils;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.jdbc.core.SqlParameterValue;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2ErrorCodes;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.security.oauth2.core.endpoint.OAuth2ParameterNames;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.endpoint.OidcParameterNames;
import org.springframework.security.oauth2.server.authorization.JdbcOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationCode;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.client.RegisteredClientRepository;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Authorizations and their tokens in the database: Spring's mapping of rows, our schema. Beyond Spring's own service
 *
 * <ul>
 *   <li>token values are stored as hashes; what is found by a token holds that token, the others as hashes;
 *   <li>a refresh token, or an authorization code, that is used twice ends the authorization with all its tokens, also
 *       when both uses come at the same moment (RFC 6749 section 4.1.2, RFC 9700 section 4.14.2);
 *   <li>a token that is invalidated here is refused by the resource server at once.
 * </ul>
 */
final class Authorizations extends JdbcOAuth2AuthorizationService {
    private static final List<String> COLUMNS = List.of(
            "id",
            "registered_client_id",
            "principal_name",
            "authorization_grant_type",
            "authorized_scopes",
            "attributes",
            "state",
            "authorization_code_value",
            "authorization_code_issued_at",
            "authorization_code_expires_at",
            "authorization_code_metadata",
            "access_token_value",
            "access_token_issued_at",
            "access_token_expires_at",
            "access_token_metadata",
            "access_token_type",
            "access_token_scopes",
            "oidc_id_token_value",
            "oidc_id_token_issued_at",
            "oidc_id_token_expires_at",
            "oidc_id_token_metadata",
            "refresh_token_value",
            "refresh_token_issued_at",
            "refresh_token_expires_at",
            "refresh_token_metadata",
            "user_code_value",
            "user_code_issued_at",
            "user_code_expires_at",
            "user_code_metadata",
            "device_code_value",
            "device_code_issued_at",
            "device_code_expires_at",
            "device_code_metadata");
    private static final List<Integer> HASHED = COLUMNS.stream()
            .filter(column -> column.endsWith("_value"))
            .map(COLUMNS::indexOf)
            .toList();
    private static final String SELECT =
            "select " + String.join(", ", COLUMNS) + " from smart.oauth2_authorization where ";
    private static final String UPSERT = "insert into smart.oauth2_authorization (" + String.join(", ", COLUMNS)
            + ") values (?" + ", ?".repeat(COLUMNS.size() - 1) + ") on conflict (id) do update set "
            + String.join(
                    ", ",
                    COLUMNS.stream()
                            .skip(1)
                            .map(column -> column + " = excluded." + column)
                            .toList());
    private static final Map<String, String> COLUMN_OF_TYPE = Map.of(
            OAuth2ParameterNames.CODE,
            "authorization_code_value",
            OAuth2TokenType.ACCESS_TOKEN.getValue(),
            "access_token_value",
            OidcParameterNames.ID_TOKEN,
            "oidc_id_token_value",
            OAuth2TokenType.REFRESH_TOKEN.getValue(),
            "refresh_token_value");
    /** Attribute, never stored: the hash of the refresh token by which an authorization was found. */
    private static final String FOUND_BY_REFRESH = "securemed.found-by-refresh-token";

    /** Attribute, never stored: the authorization was read from the database, so its row must still be there. */
    private static final String FOUND = "securemed.found";

    private static final int LONGEST_TOKEN = 16_384;

    private record Stored(
            @Nullable String accessHash, @Nullable String refreshHash) {}

    private final JdbcOperations database;
    private final TransactionTemplate transactions;
    private final Revocations revocations;
    private final LaunchContexts launches;
    private final AppConsents consents;
    private final AppAuthorizations apps;
    private final Clock clock;
    private final Duration refreshTokenLifetime;

    Authorizations(
            JdbcOperations database,
            TransactionTemplate transactions,
            RegisteredClientRepository clients,
            Revocations revocations,
            LaunchContexts launches,
            AppConsents consents,
            AppAuthorizations apps,
            SmartProperties properties,
            Clock clock) {
        super(database, clients);
        this.database = database;
        this.transactions = transactions;
        this.revocations = revocations;
        this.launches = launches;
        this.consents = consents;
        this.apps = apps;
        this.refreshTokenLifetime = properties.refreshTokenLifetime();
        this.clock = clock;
    }

    @Override
    public void save(OAuth2Authorization authorization) {
        String foundByRefresh = authorization.getAttribute(FOUND_BY_REFRESH);
        boolean found = authorization.getAttribute(FOUND) != null;
        OAuth2Authorization stored = OAuth2Authorization.from(authorization)
                .attributes(attributes -> {
                    attributes.remove(FOUND_BY_REFRESH);
                    attributes.remove(FOUND);
                })
                .build();
        boolean reused = Boolean.TRUE.equals(transactions.execute(status -> {
            Stored before = stored(stored.getId());
            if (found && before == null) {
                // It ended between reading and writing; writing would bring it back to life.
                return true;
            }
            String access = hash(stored.getAccessToken());
            String refresh = hash(stored.getRefreshToken());
            if (before != null
                    && before.accessHash() != null
                    && !before.accessHash().equals(access)) {
                // A new access token for an authorization that has one: only by its current refresh token.
                if (foundByRefresh == null || !foundByRefresh.equals(before.refreshHash())) {
                    end(stored.getId());
                    return true;
                }
                if (!foundByRefresh.equals(refresh)) {
                    spend(foundByRefresh, stored.getId());
                }
            }
            write(before == null ? withLaunch(stored) : stored);
            if (access != null && stored.getAccessToken().isInvalidated()) {
                revocations.revoke(Revocations.Kind.TOKEN, access);
                if (stored.getRefreshToken() == null || stored.getRefreshToken().isInvalidated()) {
                    // Nothing can come of it any more; earlier access tokens end too.
                    revocations.revoke(Revocations.Kind.AUTHORIZATION, stored.getId());
                    apps.consentOf(stored.getId()).ifPresent(consent -> consents.ended(consent, null));
                }
            }
            return false;
        }));
        if (reused) {
            throw new OAuth2AuthenticationException(OAuth2ErrorCodes.INVALID_GRANT);
        }
    }

    @Override
    public void remove(OAuth2Authorization authorization) {
        transactions.executeWithoutResult(status -> end(authorization.getId()));
    }

    /**
     * Ends an authorization because its person wants it.
     *
     * @param as the person, toward the patient of this logical id
     */
    void remove(OAuth2Authorization authorization, Function<String, Requester> as) {
        transactions.executeWithoutResult(status -> end(authorization.getId(), as));
    }

    @Override
    public @Nullable OAuth2Authorization findById(String id) {
        // PostgreSQL has no text with a null in it.
        return id.indexOf('\0') >= 0 ? null : find("id = ?", id);
    }

    @Override
    public @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType type) {
        if (token.length() > LONGEST_TOKEN || token.indexOf('\0') >= 0 || token.startsWith(TokenHash.PREFIX)) {
            return null;
        }
        if (type != null && type.getValue().equals(OAuth2ParameterNames.STATE)) {
            return find("state = ?", token);
        }
        String hash = TokenHash.of(token);
        for (Map.Entry<String, String> column : COLUMN_OF_TYPE.entrySet()) {
            if (type == null || type.getValue().equals(column.getKey())) {
                OAuth2Authorization found = find(column.getValue() + " = ?", hash);
                if (found != null) {
                    return withToken(found, token, hash);
                }
            }
        }
        if (type != null && type.equals(OAuth2TokenType.REFRESH_TOKEN)) {
            endFamilyOfSpent(hash);
        }
        return null;
    }

    /**
     * Puts a new code in place of one that no token came of.
     *
     * @return whether that was possible
     */
    boolean renewCode(String id, OAuth2AuthorizationCode code) {
        return database.update(
                        "update smart.oauth2_authorization set authorization_code_value = ?,"
                                + " authorization_code_issued_at = ?, authorization_code_expires_at = ?"
                                + " where id = ? and authorization_code_value is not null"
                                + " and access_token_value is null",
                        TokenHash.of(code.getTokenValue()),
                        Timestamp.from(Objects.requireNonNull(code.getIssuedAt())),
                        Timestamp.from(Objects.requireNonNull(code.getExpiresAt())),
                        id)
                == 1;
    }

    /** A new authorization takes the context of its launch along; the request's rules have used the launch up. */
    private OAuth2Authorization withLaunch(OAuth2Authorization authorization) {
        return Grants.launchParameter(authorization)
                .flatMap(launches::take)
                .map(context -> OAuth2Authorization.from(authorization)
                        .attribute(Grants.LAUNCH, LaunchContexts.write(context))
                        .build())
                .orElse(authorization);
    }

    private void write(OAuth2Authorization authorization) {
        List<SqlParameterValue> values =
                new ArrayList<>(getAuthorizationParametersMapper().apply(authorization));
        for (int column : HASHED) {
            if (values.get(column).getValue() instanceof String value && !value.startsWith(TokenHash.PREFIX)) {
                values.set(column, new SqlParameterValue(Types.VARCHAR, TokenHash.of(value)));
            }
        }
        database.update(UPSERT, values.toArray());
    }

    private @Nullable Stored stored(String id) {
        return DataAccessUtils.singleResult(database.query(
                "select access_token_value, refresh_token_value from smart.oauth2_authorization where id = ? for update",
                (row, number) -> new Stored(row.getString(1), row.getString(2)),
                id));
    }

    private void spend(String refreshHash, String id) {
        database.update(
                "insert into smart.spent_refresh_token (token_hash, authorization_id, until) values (?, ?, ?)"
                        + " on conflict do nothing",
                refreshHash,
                id,
                Timestamp.from(clock.instant().plus(refreshTokenLifetime)));
    }

    private void endFamilyOfSpent(String refreshHash) {
        List<String> families = database.queryForList(
                "select authorization_id from smart.spent_refresh_token where token_hash = ?",
                String.class,
                refreshHash);
        families.forEach(id -> transactions.executeWithoutResult(status -> end(id)));
    }

    /** Ends an authorization with every token that it ever gave out. */
    private void end(String id) {
        end(id, null);
    }

    private void end(String id, @Nullable Function<String, Requester> as) {
        revocations.revoke(Revocations.Kind.AUTHORIZATION, id);
        apps.consentOf(id)
                .ifPresent(consent -> consents.ended(consent, as == null ? null : as.apply(consent.patient())));
        List<String> tokens = database.queryForList(
                "delete from smart.oauth2_authorization where id = ? returning access_token_value", String.class, id);
        for (String token : tokens) {
            if (token != null) {
                revocations.revoke(Revocations.Kind.TOKEN, token);
            }
        }
    }

    private @Nullable OAuth2Authorization find(String filter, String value) {
        List<OAuth2Authorization> found = database.query(SELECT + filter, getAuthorizationRowMapper(), value);
        return found.isEmpty()
                ? null
                : OAuth2Authorization.from(found.get(0)).attribute(FOUND, true).build();
    }

    /** The authorization with the presented token in place of its hash. */
    private static OAuth2Authorization withToken(OAuth2Authorization found, String value, String hash) {
        OAuth2Authorization.Builder builder = OAuth2Authorization.from(found);
        OAuth2Authorization.Token<OAuth2AuthorizationCode> code = found.getToken(OAuth2AuthorizationCode.class);
        if (code != null && code.getToken().getTokenValue().equals(hash)) {
            OAuth2AuthorizationCode old = code.getToken();
            put(builder, code, new OAuth2AuthorizationCode(value, old.getIssuedAt(), old.getExpiresAt()));
        }
        OAuth2Authorization.Token<OAuth2AccessToken> access = found.getAccessToken();
        if (access != null && access.getToken().getTokenValue().equals(hash)) {
            OAuth2AccessToken old = access.getToken();
            put(
                    builder,
                    access,
                    new OAuth2AccessToken(
                            old.getTokenType(), value, old.getIssuedAt(), old.getExpiresAt(), old.getScopes()));
        }
        OAuth2Authorization.Token<OidcIdToken> id = found.getToken(OidcIdToken.class);
        if (id != null && id.getToken().getTokenValue().equals(hash)) {
            OidcIdToken old = id.getToken();
            put(builder, id, new OidcIdToken(value, old.getIssuedAt(), old.getExpiresAt(), old.getClaims()));
        }
        OAuth2Authorization.Token<OAuth2RefreshToken> refresh = found.getRefreshToken();
        if (refresh != null && refresh.getToken().getTokenValue().equals(hash)) {
            OAuth2RefreshToken old = refresh.getToken();
            put(builder, refresh, new OAuth2RefreshToken(value, old.getIssuedAt(), old.getExpiresAt()));
            builder.attribute(FOUND_BY_REFRESH, hash);
        }
        return builder.build();
    }

    private static <T extends OAuth2Token> void put(
            OAuth2Authorization.Builder builder, OAuth2Authorization.Token<T> old, T token) {
        builder.token(token, metadata -> metadata.putAll(old.getMetadata()));
    }

    private static @Nullable String hash(OAuth2Authorization.@Nullable Token<? extends OAuth2Token> token) {
        if (token == null) {
            return null;
        }
        String value = token.getToken().getTokenValue();
        return value.startsWith(TokenHash.PREFIX) ? value : TokenHash.of(value);
    }
}
