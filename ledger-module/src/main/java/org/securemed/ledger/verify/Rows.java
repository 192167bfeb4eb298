package org.securemed.ledger.verify;

import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.merkle.Hash;

/** Rows as they are stored, every column, nothing assumed of their values. */
final class Rows {
    private Rows() {}

    /** The bytes of a column: compared by content, shown as hexadecimal. */
    record Raw(String hex) {
        static Raw of(byte @Nullable [] bytes) {
            return new Raw(bytes == null ? "" : HexFormat.of().formatHex(bytes));
        }

        byte[] bytes() {
            return HexFormat.of().parseHex(hex);
        }

        Optional<Hash> hash() {
            return hex.length() == 2 * Hash.LENGTH ? Optional.of(Hash.of(bytes())) : Optional.empty();
        }

        @Override
        public String toString() {
            return hex.length() <= 80 ? hex : hex.substring(0, 64) + "… (" + hex.length() / 2 + " bytes)";
        }
    }

    record HeadRow(
            int log, long blockNumber, Raw blockHash, long size, Raw frontier, long timeMillis, long checkpointSize) {}

    record BlockRow(
            int log,
            long number,
            long firstIndex,
            int count,
            Raw previous,
            Raw root,
            String instance,
            Raw keyId,
            Raw signature,
            long timeMillis) {}

    /** The one row there are many of: its bytes are not wrapped, text is UTF-8. */
    record EntryRow(
            int log,
            long seq,
            long timeMillis,
            byte[] leaf,
            byte[] body,
            byte @Nullable [] patient,
            byte @Nullable [] actor,
            byte[] op) {}

    record IdRow(UUID id, long seq) {}

    record TileRow(int log, int level, long index, byte[] hashes, byte[] root) {}

    record CheckpointRow(int log, long size, long previousSize, String note) {}

    /** A checkpoint and what witnesses said to it. */
    record CosignedRow(long size, String note, List<String> lines) {}

    /** An entry that carries a statement. */
    record StatementRow(long seq, byte[] body) {}

    /** A patient who occurs in the log, and where first. */
    record PatientRow(byte[] patient, long firstSeq) {}

    /** An entry about a patient, by patient and then in the order of the log. */
    record PatientEntryRow(byte[] patient, long seq, byte[] body) {}

    /** Bytes and numbers are null where the row has none. */
    record KeyRow(
            byte[] pseudonym,
            byte @Nullable [] lookup,
            byte @Nullable [] sealedSubject,
            byte @Nullable [] wrapped,
            @Nullable Integer epoch,
            @Nullable String createdIn,
            @Nullable Instant destroyedAt) {}

    record StateRow(byte[] subject, long version, Raw hash, byte[] sealed) {}

    record EpochRow(boolean onlyRow, int epoch) {}

    record OutboxRow(UUID id, String instance, byte[] body, Raw keyId, byte[] signature) {}

    /** The evidence that a row was put into the outbox. */
    record StagedRow(UUID id, String instance, Raw leaf, Raw keyId, byte[] signature) {}

    /** What two tables say of one entry on its way; one of them at least is not null. */
    record OnTheWay(@Nullable OutboxRow outbox, @Nullable StagedRow staged) {}
}
