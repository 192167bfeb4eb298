-- A role that writes the log and owns nothing of it: it cannot give itself rights, drop a trigger or switch one off.

create function ledger.admit_writer(writer name) returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    -- Instances that start together: of two that grant at once, one would fail.
    perform pg_advisory_xact_lock(hashtextextended('ledger.admit_writer', 0));
    execute format('revoke all on all tables in schema ledger, witness from %I', writer);
    execute format('revoke all on schema ledger, witness from %I', writer);
    execute format('grant usage on schema ledger, witness to %I', writer);
    -- The history of the migrations too: a start without the owner finds that there is nothing to do.
    execute format('grant select on all tables in schema ledger, witness to %I', writer);
    execute format('grant insert on ledger.ledger_head, ledger.ledger_entry, ledger.ledger_entry_id,'
                   ' ledger.ledger_block, ledger.ledger_tile, ledger.ledger_checkpoint, ledger.ledger_outbox,'
                   ' ledger.ledger_staged, witness.cosignature to %I', writer);
    -- Forward only: a trigger.
    execute format('grant update on ledger.ledger_head to %I', writer);
    -- What retention entries name, and no more: triggers.
    execute format('grant delete on ledger.ledger_entry, ledger.ledger_entry_id to %I', writer);
    execute format('grant delete on ledger.ledger_outbox, ledger.ledger_staged to %I', writer);
    execute format('grant insert, update, delete on ledger.kek_epoch, ledger.patient_key, ledger.consent_state'
                   ' to %I', writer);
    execute format('grant execute on function ledger.add_entry_partition(bigint) to %I', writer);
end
$$;
revoke all on function ledger.admit_writer(name) from public;
