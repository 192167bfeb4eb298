-- Check-in codes that were shown. The code itself is not here.
create table card.check_in_code (
    -- SHA-256 of the code.
    code_hash bytea primary key,
    patient text not null,
    -- The organization whose readers may take it.
    audience text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by text
);
create index check_in_code_expiry on card.check_in_code (expires_at);
