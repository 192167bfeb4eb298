-- The authorization server's state. Everything that several server instances must agree on is here.

create table signing_key (
    kid                 text        primary key,
    algorithm           text        not null,
    public_jwk          text        not null,
    -- AES-256-GCM under the key-encryption secret, 12 bytes of nonce first, the kid as associated data
    private_jwk_sealed  bytea       not null,
    created_at          timestamptz not null,
    -- published from created_at on, signs from here on
    active_from         timestamptz not null,
    -- verifies until here; null while it may sign
    retired_at          timestamptz
);

create table account (
    username            text        primary key check (username = lower(username)),
    password_hash       text        not null,
    display_name        text        not null,
    roles               text        not null,
    fhir_user           text,
    organization        text,
    organization_name   text,
    purposes_of_use     text        not null,
    enabled             boolean     not null default true,
    -- an administrator has seen the password: the person chooses another before anything else
    password_temporary  boolean     not null default false,
    demo                boolean     not null default false,
    created_at          timestamptz not null default now()
);

create index account_person on account (fhir_user) where fhir_user is not null;

-- As whom a person acts for a patient: their RelatedPerson. That they may act is said by the patient's consent contract.
create table related_person (
    username            text        not null references account (username) on delete cascade,
    patient             text        not null,
    reference           text        not null,
    primary key (username, patient)
);

-- Whom other issuers vouch for: their subject is our account.
create table foreign_subject (
    issuer              text        not null,
    subject             text        not null,
    username            text        not null references account (username) on delete cascade,
    primary key (issuer, subject)
);

-- Passkeys (WebAuthn): one handle for each account, any number of credentials.
create table passkey_user (
    handle              text        primary key,
    username            text        not null unique references account (username) on delete cascade
);
create table passkey (
    credential_id       text        primary key,
    handle              text        not null references passkey_user (handle) on delete cascade,
    public_key          bytea       not null,
    signature_count     bigint      not null,
    user_verified       boolean     not null,
    backup_eligible     boolean     not null,
    backup_state        boolean     not null,
    transports          text        not null,
    attestation         bytea,
    client_data         bytea,
    label               text        not null,
    created_at          timestamptz not null,
    last_used_at        timestamptz not null
);
create index passkey_handle on passkey (handle);

create table login_failure (
    bucket              text        primary key,
    failures            integer     not null,
    window_ends         timestamptz not null
);
create index login_failure_window on login_failure (window_ends);

-- Spring Authorization Server's tables, with text for blob and timestamptz for timestamp.
create table oauth2_registered_client (
    id                              text        primary key,
    client_id                       text        not null unique,
    client_id_issued_at             timestamptz not null default now(),
    client_secret                   text,
    client_secret_expires_at        timestamptz,
    client_name                     text        not null,
    client_authentication_methods   text        not null,
    authorization_grant_types       text        not null,
    redirect_uris                   text,
    post_logout_redirect_uris       text,
    scopes                          text        not null,
    client_settings                 text        not null,
    token_settings                  text        not null,
    enabled                         boolean     not null default true,
    demo                            boolean     not null default false
);

-- Token values are SHA-256 hashes: who reads this table can use none of them.
create table oauth2_authorization (
    id                              text        primary key,
    created_at                      timestamptz not null default now(),
    registered_client_id            text        not null,
    principal_name                  text        not null,
    authorization_grant_type        text        not null,
    authorized_scopes               text,
    attributes                      text,
    state                           text,
    authorization_code_value        text,
    authorization_code_issued_at    timestamptz,
    authorization_code_expires_at   timestamptz,
    authorization_code_metadata     text,
    access_token_value              text,
    access_token_issued_at          timestamptz,
    access_token_expires_at         timestamptz,
    access_token_metadata           text,
    access_token_type               text,
    access_token_scopes             text,
    oidc_id_token_value             text,
    oidc_id_token_issued_at         timestamptz,
    oidc_id_token_expires_at        timestamptz,
    oidc_id_token_metadata          text,
    refresh_token_value             text,
    refresh_token_issued_at         timestamptz,
    refresh_token_expires_at        timestamptz,
    refresh_token_metadata          text,
    user_code_value                 text,
    user_code_issued_at             timestamptz,
    user_code_expires_at            timestamptz,
    user_code_metadata              text,
    device_code_value               text,
    device_code_issued_at           timestamptz,
    device_code_expires_at          timestamptz,
    device_code_metadata            text
);
create unique index oauth2_authorization_state on oauth2_authorization (state) where state is not null;
create unique index oauth2_authorization_code
    on oauth2_authorization (authorization_code_value) where authorization_code_value is not null;
create unique index oauth2_authorization_access
    on oauth2_authorization (access_token_value) where access_token_value is not null;
create unique index oauth2_authorization_id_token
    on oauth2_authorization (oidc_id_token_value) where oidc_id_token_value is not null;
create unique index oauth2_authorization_refresh
    on oauth2_authorization (refresh_token_value) where refresh_token_value is not null;
create index oauth2_authorization_principal on oauth2_authorization (principal_name, registered_client_id);

-- Refresh tokens that were exchanged for newer ones: whoever brings one again has stolen it, or was robbed of it.
create table spent_refresh_token (
    token_hash                      text        primary key,
    authorization_id                text        not null references oauth2_authorization (id) on delete cascade,
    until                           timestamptz not null
);
create index spent_refresh_token_until on spent_refresh_token (until);
create index spent_refresh_token_authorization on spent_refresh_token (authorization_id);

-- Authorizations that are consents: which FHIR Consent says what the app may do with whose record.
create table app_consent (
    consent_id          text        primary key,
    authorization_id    text        not null unique,
    client_id           text        not null,
    username            text        not null,
    -- who granted it, in FHIR's words
    fhir_user           text        not null,
    patient             text        not null,
    ended_at            timestamptz
);
create index app_consent_of_patient on app_consent (patient) where ended_at is null;
create index app_consent_in_force on app_consent (username, client_id, patient) where ended_at is null;

-- What an EHR knows when it starts an app; used by one authorization, which then keeps a copy.
create table launch_context (
    id_hash             text        primary key,
    client_id           text        not null,
    username            text        not null,
    context             text        not null,
    until               timestamptz not null,
    used                boolean     not null default false
);
create index launch_context_until on launch_context (until);

-- Assertions of machine clients, each of which counts once.
create table client_assertion (
    id_hash             text        primary key,
    until               timestamptz not null
);
create index client_assertion_until on client_assertion (until);

-- What ended before its time. A token is refused if a row names it, its authorization, its user, its client or its key, and it
-- was issued no later than revoked_at. Rows may go once nothing they name can be alive (until).
create table revocation (
    kind                text        not null check (kind in ('token', 'authorization', 'subject', 'client', 'key', 'card')),
    value               text        not null,
    revoked_at          timestamptz not null,
    until               timestamptz not null,
    primary key (kind, value)
);
-- Goes up with each revocation, in its transaction: whoever has seen this number has seen those rows.
create table revocation_epoch (
    one                 boolean     primary key default true check (one),
    epoch               bigint      not null
);
insert into revocation_epoch (epoch) values (0);

-- Cards that were blocked: log-ins with them up to then have ended. One that is not blocked any more keeps its row.
create table card (
    device              text        primary key,
    blocked             boolean     not null,
    -- absent: it never was
    blocked_at          timestamptz,
    -- when it was last taken out of the reader, by this server's clock and as the bridge says by its own
    removed_at          timestamptz,
    removed_said        timestamptz
);

-- Spring Session's tables.
create table http_session (
    primary_id              char(36)        primary key,
    session_id              char(36)        not null,
    creation_time           bigint          not null,
    last_access_time        bigint          not null,
    max_inactive_interval   integer         not null,
    expiry_time             bigint          not null,
    principal_name          text
);
create unique index http_session_session_id on http_session (session_id);
create index http_session_expiry on http_session (expiry_time);
create index http_session_principal on http_session (principal_name);
create table http_session_attributes (
    session_primary_id      char(36)        not null references http_session (primary_id) on delete cascade,
    attribute_name          varchar(200)    not null,
    attribute_bytes         bytea           not null,
    primary key (session_primary_id, attribute_name)
);
