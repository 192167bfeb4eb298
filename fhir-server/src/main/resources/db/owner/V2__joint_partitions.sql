-- What belongs to several patients lies in a partition of exactly these patients, so that the partitions of a request can
-- be told before the store is asked. One set of patients may have more than one partition.

create table joint_partition (
  partition_id integer primary key,
  patients     text[] not null -- two or more, sorted
);

create index joint_partition_patients on joint_partition using gin (patients);
