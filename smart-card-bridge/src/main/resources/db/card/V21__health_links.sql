-- SMART Health Links. Neither the address nor the key of a link is here: what the table holds opens nothing.
create table card.health_link (
    id uuid primary key,
    -- SHA-256 of the random part of the address.
    address_hash bytea not null unique,
    patient text not null,
    label text,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    direct boolean not null,
    -- bcrypt; absent: no passcode.
    passcode_hash text,
    -- Guesses that are left for the whole life of the link.
    attempts_left integer not null check (attempts_left >= 0),
    -- Absent: as often as wanted.
    uses_left integer check (uses_left >= 0),
    revoked_at timestamptz
);
create index health_link_patient on card.health_link (patient, created_at desc);

-- What is shared, encrypted under the key that is in the link alone.
create table card.health_link_file (
    link uuid not null references card.health_link on delete cascade,
    number integer not null,
    content_type text not null,
    jwe text not null,
    primary key (link, number)
);

-- Addresses of single files, handed out with a manifest, each for one download.
create table card.health_link_ticket (
    address_hash bytea primary key,
    link uuid not null,
    number integer not null,
    recipient text not null,
    expires_at timestamptz not null,
    foreign key (link, number) references card.health_link_file on delete cascade
);

-- Who opened a link, or tried to.
create table card.health_link_access (
    link uuid not null references card.health_link on delete cascade,
    at timestamptz not null,
    recipient text not null,
    outcome text not null
);
create index health_link_access_link on card.health_link_access (link, at);
