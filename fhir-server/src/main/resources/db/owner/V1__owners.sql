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
  changed_at   timestamptz not null default now()
);

create index resource_owner_partition on resource_owner (partition_id, reference);
