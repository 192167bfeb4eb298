package org.securemed.ledger.entry;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened. Its canonical JSON form ({@link #toJson()}) is the leaf of the log.
 *
 * <p>Nothing here may identify a patient: names, identifiers and query strings go into {@code sealed}, encrypted under
 * a key that can be destroyed. All optional components may be null; each becomes a JSON member only when it is there.
 *
 * @param id member {@code id}: UUID version 7, unique in the log
 * @param time member {@code t}: when it happened, in milliseconds of POSIX time
 * @param instance member {@code inst}: which server instance says so, at most 64 characters
 * @param op member {@code op}: what was done
 * @param actor member {@code actor}: pseudonym or client id of who did it, at most 256 characters
 * @param role member {@code role}: in which role, at most 64 characters
 * @param purpose member {@code pou}: purpose of use (v3-ActReason code), at most 64 characters
 * @param resourceType member {@code res}: FHIR resource type, at most 64 characters
 * @param patient member {@code p}: whom it is about
 * @param resourceCommitment member {@code h}: keyed hash of the resource, at most 64 bytes
 * @param searchCommitment member {@code q}: keyed hash of the search, at most 64 bytes
 * @param decision member {@code d}: the consent decision
 * @param outcome member {@code out}: AuditEvent.outcome 0, 4, 8 or 12
 * @param status member {@code st}: HTTP status
 * @param request member {@code req}: request id, at most 128 characters
 * @param previous member {@code prev}: index of the last entry about the same patient
 * @param sealed member {@code c}: encrypted identifying fields, at most 20 KiB
 * @param statement member {@code x}: the text that this entry carries in the clear, such as a key certificate or the
 *     canonical form of a consent transition, at most 16 Ki characters; may have line breaks
 */
public record Entry(
        UUID id,
        Instant time,
        String instance,
        Op op,
        @Nullable String actor,
        @Nullable String role,
        @Nullable String purpose,
        @Nullable String resourceType,
        @Nullable Pseudonym patient,
        @Nullable Bytes resourceCommitment,
        @Nullable Bytes searchCommitment,
        @Nullable Decision decision,
        @Nullable Integer outcome,
        @Nullable Integer status,
        @Nullable String request,
        @Nullable Long previous,
        @Nullable Bytes sealed,
        @Nullable String statement) {

    /** Version of the form: member {@code v}. */
    public static final int VERSION = 1;

    /** The largest canonical form, in bytes. */
    public static final int MAX_BYTES = 32 * 1024;

    /** The longest {@code sealed}, in bytes. */
    public static final int MAX_SEALED_BYTES = 20 * 1024;

    public Entry {
        EntryIds.require(id);
        time = Instant.ofEpochMilli(time.toEpochMilli());
        Limits.index("t", time.toEpochMilli());
        Limits.text("inst", instance, 64);
        Limits.optionalText("actor", actor, 256);
        Limits.optionalText("role", role, 64);
        Limits.optionalText("pou", purpose, 64);
        Limits.optionalText("res", resourceType, 64);
        Limits.bytes("h", resourceCommitment, 64);
        Limits.bytes("q", searchCommitment, 64);
        Limits.range("out", outcome, 0, 12);
        Limits.range("st", status, 100, 599);
        Limits.optionalText("req", request, 128);
        Limits.index("prev", previous);
        Limits.bytes("c", sealed, MAX_SEALED_BYTES);
        Limits.optionalStatement("x", statement, 16 * 1024);
    }

    /** Starts an entry with the members that every entry has. */
    public static Builder builder(UUID id, Instant time, String instance, Op op) {
        return new Builder(id, time, instance, op);
    }

    /**
     * Reads the canonical form strictly: no unknown, doubled or wrongly typed member, nothing beyond the limits.
     *
     * @throws EntryException if the bytes are not an entry
     */
    public static Entry parse(byte[] json) throws EntryException {
        return EntryReader.read(json);
    }

    /**
     * The canonical form (RFC 8785), UTF-8. Never use it to verify: verification hashes the bytes that were stored.
     *
     * @throws IllegalArgumentException if it exceeds {@link #MAX_BYTES}
     */
    public byte[] toJson() {
        return EntryWriter.write(this);
    }

    /** Collects the optional members of an entry. Not thread safe. */
    public static final class Builder {
        private final UUID id;
        private final Instant time;
        private final String instance;
        private final Op op;
        private @Nullable String actor;
        private @Nullable String role;
        private @Nullable String purpose;
        private @Nullable String resourceType;
        private @Nullable Pseudonym patient;
        private @Nullable Bytes resourceCommitment;
        private @Nullable Bytes searchCommitment;
        private @Nullable Decision decision;
        private @Nullable Integer outcome;
        private @Nullable Integer status;
        private @Nullable String request;
        private @Nullable Long previous;
        private @Nullable Bytes sealed;
        private @Nullable String statement;

        private Builder(UUID id, Instant time, String instance, Op op) {
            this.id = id;
            this.time = time;
            this.instance = instance;
            this.op = op;
        }

        public Builder actor(@Nullable String value) {
            actor = value;
            return this;
        }

        public Builder role(@Nullable String value) {
            role = value;
            return this;
        }

        public Builder purpose(@Nullable String value) {
            purpose = value;
            return this;
        }

        public Builder resourceType(@Nullable String value) {
            resourceType = value;
            return this;
        }

        public Builder patient(@Nullable Pseudonym value) {
            patient = value;
            return this;
        }

        public Builder resourceCommitment(@Nullable Bytes value) {
            resourceCommitment = value;
            return this;
        }

        public Builder searchCommitment(@Nullable Bytes value) {
            searchCommitment = value;
            return this;
        }

        public Builder decision(@Nullable Decision value) {
            decision = value;
            return this;
        }

        public Builder outcome(@Nullable Integer value) {
            outcome = value;
            return this;
        }

        public Builder status(@Nullable Integer value) {
            status = value;
            return this;
        }

        public Builder request(@Nullable String value) {
            request = value;
            return this;
        }

        public Builder previous(@Nullable Long value) {
            previous = value;
            return this;
        }

        public Builder sealed(@Nullable Bytes value) {
            sealed = value;
            return this;
        }

        public Builder statement(@Nullable String value) {
            statement = value;
            return this;
        }

        /**
         * The entry.
         *
         * @throws IllegalArgumentException if a value is outside its limits; the message names the member
         */
        public Entry build() {
            return new Entry(
                    id,
                    time,
                    instance,
                    op,
                    actor,
                    role,
                    purpose,
                    resourceType,
                    patient,
                    resourceCommitment,
                    searchCommitment,
                    decision,
                    outcome,
                    status,
                    request,
                    previous,
                    sealed,
                    statement);
        }
    }
}
