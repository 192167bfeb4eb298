-- HMAC-SHA-256 of r of a key's last signature, if that was one by ECDSA.
alter table card.credential_key add column nonce_hash bytea;

-- Where and how often a card was used last, to notice one that is in two places.
create table card.credential_use (
    credential      uuid        primary key references card.credential (id),
    address         text        not null,
    used_at         timestamptz not null,
    -- uses since then, counted anew every minute
    counted_from    timestamptz not null,
    uses            integer     not null
);
