-- Cards with which somebody has logged in, for as long as they are in a reader. A reader agent has the token.
create table card.presence (
    -- SHA-256 of the token
    token_hash      bytea       primary key,
    device          text        not null,
    opened_at       timestamptz not null,
    -- when the agent saw the card last
    seen_at         timestamptz not null,
    -- when the card was taken out
    removed_at      timestamptz
);
create index presence_seen on card.presence (coalesce(removed_at, seen_at));
