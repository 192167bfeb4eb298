-- Cards that were handed out. No number of a card is here in the clear, and no key but those with which patients sign.
create table card.credential (
    id              uuid        primary key,
    kind            text        not null,
    -- HMAC-SHA-256 of the card's GUID under securemed.bridge.cards.number-secret
    number_hash     bytea       not null unique,
    -- whose card it is, a relative reference
    owner           text        not null,
    status          text        not null
        check (status in ('issued', 'active', 'suspended', 'lost', 'replaced', 'expired')),
    issued_at       timestamptz not null,
    changed_at      timestamptz not null,
    valid_until     timestamptz not null,
    replaced_by     uuid        references card.credential (id),
    -- of a patient's card: the public key with which it signs consents, which the ledger knows as well
    signing_key     bytea,
    -- counts the changes; the FHIR server has been told of this many
    version         bigint      not null,
    recorded        bigint      not null
);
create index credential_owner on card.credential (owner);
create index credential_unrecorded on card.credential (changed_at) where recorded < version;

-- The keys of cards, each on one card only.
create table card.credential_key (
    -- HMAC-SHA-256 of the public key's SubjectPublicKeyInfo
    key_hash        bytea       primary key,
    credential      uuid        not null references card.credential (id),
    slot            text        not null check (slot in ('card', 'holder')),
    unique (credential, slot)
);

-- What cards are to sign: taken out when the answer comes.
create table card.challenge (
    id              uuid        primary key,
    random          bytea       not null,
    expires_at      timestamptz not null,
    -- SHA-256 of the TLS certificate of the workstation that asked; absent: it showed none
    workstation     text
);
create index challenge_expires on card.challenge (expires_at);
