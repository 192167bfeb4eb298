-- Keys that sign SMART Health Cards. All that are not retired are published.
create table card.health_card_key (
    kid text primary key,
    public_jwk text not null,
    private_jwk_sealed bytea not null,
    created_at timestamptz not null,
    active_from timestamptz not null,
    retired_at timestamptz,
    -- Version of the revocation list: it counts the revocations under this key.
    crl_version bigint not null default 0
);

-- Cards that were issued; what stands on them is not kept.
create table card.health_card (
    rid text primary key,
    kid text not null references card.health_card_key,
    patient text not null,
    content text not null,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz
);
create index health_card_patient on card.health_card (patient, issued_at desc);
create index health_card_revoked on card.health_card (kid) where revoked_at is not null;

-- Keys and revocation lists of other issuers, as they were last received.
create table card.issuer_document (
    url text primary key,
    body bytea not null,
    fetched_at timestamptz not null
);
