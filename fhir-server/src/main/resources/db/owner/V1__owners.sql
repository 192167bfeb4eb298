-- To whom each stored resource belongs. Written in the transaction that writes the resource.

create sequence patient_partition_seq as integer start with 100;

create table patient_partition (
  patient_id   text collate "C" primary key,
  partition_id integer not null unique
);

create table resource_owner (
  reference    text collate "C" primary key, -- Type/id
  partition_id integer not null,             -- 0 shared, 1 several patients, 2 quarantine, from 100 a patient's own
  patients     text[] not null,
  deleted      boolean not null,
  facts        text                          -- what consents may ask of the newest version; null if nobody looked yet
);

create index resource_owner_partition on resource_owner (partition_id, reference);

-- Who is a member of what a Consent may name: CareTeam, Group, PractitionerRole.

create table group_member (
  group_reference text collate "C" not null, -- Type/id
  member          text collate "C" not null, -- Type/id
  from_at         timestamptz,
  until_at        timestamptz,
  primary key (group_reference, member)
);

create index group_member_member on group_member (member);

-- Questions of clinicians to patients that are on their way into a record, if there is one: whoever asks waits for this
-- row and for nothing else.

create table access_request (
  id       text primary key,                      -- of the Consent that is asked for
  proposed text not null,                         -- that Consent, JSON
  sought   text,                                  -- Patient, JSON: who is meant; null if the Consent names them
  asked_at timestamptz not null default now()
);

-- Questions that reached nobody, until they would be over: the ledger grows by them as by those that are in a record.

create table question_to_nobody (
  id       text primary key,
  until_at timestamptz not null
);

create index question_to_nobody_until on question_to_nobody (until_at);

-- How far the job has come that labels what was stored before the label lists were what they are.

create table relabelling (
  lists       text primary key, -- digest of the lists
  position    text collate "C" not null,
  seen        bigint not null,
  labelled    bigint not null,
  finished_at timestamptz
);
