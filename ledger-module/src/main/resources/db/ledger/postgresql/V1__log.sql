-- The log. What is where, and what of it is derived from what: docs/life-of-an-entry.md.
-- The schema itself is made by the migration tool (default schema: ledger).

create table ledger.ledger_head (
    log             smallint primary key check (log = 1),
    block_no        bigint   not null,
    block_hash      bytea    not null check (length(block_hash) = 32),
    size            bigint   not null check (size >= 0),
    frontier        bytea    not null,
    t_ms            bigint   not null,
    checkpoint_size bigint   not null
);
comment on table ledger.ledger_head is 'The last block, and the lock under which the next one is written.';

create table ledger.ledger_entry (
    log   smallint not null check (log = 1),
    seq   bigint   not null check (seq >= 0),
    t_ms  bigint   not null,
    leaf  bytea    not null check (length(leaf) = 32),
    body  bytea    not null check (length(body) between 1 and 32768),
    p     bytea    check (length(p) = 16),
    actor text,
    op    text     not null,
    primary key (log, seq)
) partition by range (seq);
comment on table ledger.ledger_entry is 'The leaves. t_ms, p, actor and op repeat members of body for searching.';
create index ledger_entry_time on ledger.ledger_entry (t_ms, seq);
create index ledger_entry_patient on ledger.ledger_entry (p, t_ms, seq) where p is not null;
create index ledger_entry_actor on ledger.ledger_entry (actor, seq) where actor is not null;
create index ledger_entry_op on ledger.ledger_entry (op, seq);

-- Not partitioned: a unique constraint of a partitioned table would have to contain the partition key.
create table ledger.ledger_entry_id (
    id  uuid primary key,
    seq bigint not null check (seq >= 0)
);
comment on table ledger.ledger_entry_id is 'Each entry id once, and where it is.';

create table ledger.ledger_block (
    log       smallint not null check (log = 1),
    block_no  bigint   not null check (block_no >= 0),
    first_seq bigint   not null check (first_seq >= 0),
    n         int      not null check (n > 0),
    prev      bytea    not null check (length(prev) = 32),
    root      bytea    not null check (length(root) = 32),
    inst      text     not null,
    key_id    bytea    not null check (length(key_id) = 32),
    sig       bytea    not null check (length(sig) between 8 and 72),
    t_ms      bigint   not null,
    primary key (log, block_no)
);
create unique index ledger_block_first_seq on ledger.ledger_block (log, first_seq);
comment on table ledger.ledger_block is 'One group commit: hash-chained, signed by the instance that wrote it.';

create table ledger.ledger_tile (
    log    smallint not null check (log = 1),
    level  smallint not null check (level between 0 and 7),
    n      bigint   not null check (n >= 0),
    hashes bytea    not null check (length(hashes) = 8192),
    root   bytea    not null check (length(root) = 32),
    primary key (log, level, n)
);
alter table ledger.ledger_tile alter column hashes set storage external;
comment on table ledger.ledger_tile is 'Full tiles of 256 hashes. Partial ones are computed from entries or from roots.';

create table ledger.ledger_checkpoint (
    log       smallint not null check (log = 1),
    size      bigint   not null check (size >= 0),
    prev_size bigint   not null,
    note      text     not null,
    primary key (log, size)
);
comment on table ledger.ledger_checkpoint is 'Signed tree heads that were published.';

-- Beside the ledger: a copy of what witnesses say and keep. Each line is judged by its witness's key before it is used,
-- and one that is missing is asked for again.
create schema if not exists witness;
create table witness.cosignature (
    log     smallint not null check (log = 1),
    size    bigint   not null,
    witness text     not null check (length(witness) between 1 and 255),
    line    text     not null,
    primary key (log, size, witness)
);
comment on table witness.cosignature is 'What witnesses said to published checkpoints.';

create table ledger.ledger_outbox (
    id     uuid primary key,
    inst   text  not null,
    body   bytea not null check (length(body) between 1 and 32768),
    key_id bytea not null check (length(key_id) = 32),
    sig    bytea not null check (length(sig) between 8 and 72)
);
comment on table ledger.ledger_outbox is 'Entries of committed writes on their way into the log, signed by their instance.';

-- Comes and goes with the outbox's row: of two, one cannot be taken away unseen.
create table ledger.ledger_staged (
    id     uuid primary key,
    inst   text  not null,
    leaf   bytea not null check (length(leaf) = 32),
    key_id bytea not null check (length(key_id) = 32),
    sig    bytea not null check (length(sig) between 8 and 72)
);
comment on table ledger.ledger_staged is 'Evidence of what is in the outbox, signed by its instance.';

create function ledger.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'ledger: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end
$$;

-- Head may only move forward, one block at a time.
create function ledger.head_moves_forward() returns trigger language plpgsql as $$
begin
    if new.log <> old.log or new.size < old.size or new.block_no not in (old.block_no, old.block_no + 1)
            or new.checkpoint_size < old.checkpoint_size then
        raise exception 'ledger: the head moves forward only' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

create trigger head_forward before update on ledger.ledger_head
    for each row execute function ledger.head_moves_forward();
create trigger head_kept before delete or truncate on ledger.ledger_head
    for each statement execute function ledger.refuse();
create trigger entry_kept before update on ledger.ledger_entry
    for each row execute function ledger.refuse();
create trigger entry_not_truncated before truncate on ledger.ledger_entry
    for each statement execute function ledger.refuse();
create trigger entry_id_kept before update or truncate on ledger.ledger_entry_id
    for each statement execute function ledger.refuse();
create trigger block_kept before update or delete or truncate on ledger.ledger_block
    for each statement execute function ledger.refuse();
create trigger tile_kept before update or delete or truncate on ledger.ledger_tile
    for each statement execute function ledger.refuse();
create trigger checkpoint_kept before update or delete or truncate on ledger.ledger_checkpoint
    for each statement execute function ledger.refuse();
create trigger cosignature_kept before update or delete or truncate on witness.cosignature
    for each statement execute function ledger.refuse();
create trigger outbox_kept before update or truncate on ledger.ledger_outbox
    for each statement execute function ledger.refuse();
create trigger staged_kept before update or truncate on ledger.ledger_staged
    for each statement execute function ledger.refuse();

-- Whether an entry's row is what the tree has at its place, so that nothing counts that was put where an entry was let go:
-- what goes has its hash in a full tile, and tiles do not change.
create function ledger.stands(place bigint, hash bytea, stored bytea) returns boolean
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select hash = sha256('\x00'::bytea || stored) and not exists (
        select from ledger.ledger_tile t
        where t.log = 1 and t.level = 0 and t.n = place / 256
            and substring(t.hashes from (place % 256)::int * 32 + 1 for 32) <> hash)
$$;

-- What may go: entries that a retention entry names which a published checkpoint covers, and that no legal hold keeps.
-- The form of both: org.securemed.ledger.retention.
create function ledger.prunable(low bigint, high bigint) returns table (first_seq bigint, end_seq bigint, named bytea)
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select split_part(s.line[3], ' ', 1)::bigint, split_part(s.line[3], ' ', 2)::bigint, decode(s.line[7], 'base64')
    from (
        select string_to_array(convert_from(e.body, 'UTF8')::json ->> 'x', E'\n') as line
        from ledger.ledger_entry e
        where e.log = 1 and e.op = 'retention' and ledger.stands(e.seq, e.leaf, e.body)
            and e.seq < (select h.checkpoint_size from ledger.ledger_head h where h.log = 1)
    ) s
    where s.line[1] = 'ledger-retention/v1'
        and split_part(s.line[3], ' ', 1)::bigint <= high and split_part(s.line[3], ' ', 2)::bigint > low
$$;

-- A release counts when a published checkpoint covers it: what somebody put behind the end of the log releases nothing.
create function ledger.held() returns table (p bytea) language sql stable set search_path = pg_catalog, pg_temp as $$
    select h.p from ledger.ledger_entry h
    where h.log = 1 and h.op = 'hold' and not exists (
        select from ledger.ledger_entry r
        where r.log = 1 and r.op = 'hold.release' and r.seq > h.seq and ledger.stands(r.seq, r.leaf, r.body)
            and r.seq < (select c.checkpoint_size from ledger.ledger_head c where c.log = 1)
            and convert_from(r.body, 'UTF8')::json ->> 'x'
                = E'ledger-hold-release/v1\n' || (convert_from(h.body, 'UTF8')::json ->> 'id') || E'\n')
$$;

-- After a deletion, for all its rows at once: whatever else was deleted, the deletion is undone.
create function ledger.only_pruned() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
        with covering as materialized (
                 select c.* from (select min(seq) as low, max(seq) as high from gone) g,
                     lateral ledger.prunable(g.low, g.high) c),
             held as materialized (select p from ledger.held())
        select from gone g
        where not exists (
                select from covering c
                where g.seq >= c.first_seq and g.seq < c.end_seq and g.seq - c.first_seq < 8 * length(c.named)
                    and get_bit(c.named, g.seq - c.first_seq) = 1)
            or exists (select from held where held.p is null or held.p = g.p)
    ) then
        raise exception 'ledger: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;

create function ledger.only_without_entry() returns trigger language plpgsql
    set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from gone g join ledger.ledger_entry e on e.log = 1 and e.seq = g.seq)
        or exists (
            with covering as materialized (
                select c.* from (select min(seq) as low, max(seq) as high from gone) g,
                    lateral ledger.prunable(g.low, g.high) c)
            select from gone g where not exists (
                select from covering c
                where g.seq >= c.first_seq and g.seq < c.end_seq and g.seq - c.first_seq < 8 * length(c.named)
                    and get_bit(c.named, g.seq - c.first_seq) = 1)
    ) then
        raise exception 'ledger: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
    end if;
    return null;
end
$$;

create trigger entry_pruned_only after delete on ledger.ledger_entry referencing old table as gone
    for each statement execute function ledger.only_pruned();
create trigger entry_id_pruned_only after delete on ledger.ledger_entry_id referencing old table as gone
    for each statement execute function ledger.only_without_entry();

-- Partitions of ten million entries. Attached rather than created in place: readers are not locked out meanwhile.
create function ledger.add_entry_partition(from_seq bigint) returns void language plpgsql
    security definer set search_path = pg_catalog, pg_temp as $$
declare
    width constant bigint := 10000000;
    part  constant bigint := from_seq / width;
    name  constant text   := format('ledger_entry_%s', lpad(part::text, 6, '0'));
begin
    if from_seq < 0 or to_regclass(format('ledger.%I', name)) is not null then
        return;
    end if;
    execute format('create table ledger.%I (like ledger.ledger_entry including defaults including constraints)', name);
    execute format('alter table ledger.%I add constraint in_range check (seq >= %s and seq < %s)',
                   name, part * width, (part + 1) * width);
    execute format('alter table ledger.ledger_entry attach partition ledger.%I for values from (%s) to (%s)',
                   name, part * width, (part + 1) * width);
    execute format('alter table ledger.%I drop constraint in_range', name);
    -- Row triggers come with the attachment, statement triggers do not.
    execute format('create trigger entry_not_truncated before truncate on ledger.%I '
                   'for each statement execute function ledger.refuse()', name);
    execute format('create trigger entry_pruned_only after delete on ledger.%I referencing old table as gone '
                   'for each statement execute function ledger.only_pruned()', name);
    execute format('revoke update, delete, truncate on ledger.%I from %I', name, current_user);
end
$$;
revoke all on function ledger.add_entry_partition(bigint) from public;

select ledger.add_entry_partition(0);

-- The role that owns the tables is the one that writes the log: it has no right to change what it wrote, and the
-- triggers let it take away no more than retention entries name.
do $$ begin
    execute format('revoke update, truncate on ledger.ledger_entry, ledger.ledger_entry_id from %I', current_user);
    execute format('revoke update, delete, truncate on ledger.ledger_block, ledger.ledger_tile, ledger.ledger_checkpoint, witness.cosignature'
                   ' from %I', current_user);
    execute format('revoke delete, truncate on ledger.ledger_head from %I', current_user);
    execute format('revoke update, truncate on ledger.ledger_outbox, ledger.ledger_staged from %I', current_user);
end $$;
