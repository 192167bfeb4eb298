package org.securemed.fhir.crash;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.securemed.ledger.checkpoint.KeyFiles;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.storage.ConsentStateStore;
import org.securemed.ledger.storage.PatientKeyStore;
import org.securemed.ledger.verify.Report;
import org.securemed.ledger.verify.Verifier;

/** What is in the database, read past the server with the keys of its directory. */
final class LedgerContents {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final char[] PASSWORD = "development".toCharArray();
    private static final Set<String> WRITES = Set.of("create", "update", "patch", "delete");

    private final Connection connection;
    private final PatientKeys keys;
    private final VerifyKey logKey;

    /** @param directory the server's, with its development keys */
    LedgerContents(Connection connection, Path directory) throws Exception {
        Path ledger = directory.resolve("ledger");
        this.connection = connection;
        this.keys = new PatientKeys(
                new PatientKeyStore(),
                KeyEncryptionKeys.open(ledger.resolve("development-kek.p12"), PASSWORD),
                Clock.systemUTC(),
                1000,
                Duration.ofMinutes(5));
        this.logKey = KeyFiles.development(ledger.resolve("development-log.key"), "localhost/ledger")
                .verifyKey();
    }

    /**
     * An entry about an exchange.
     *
     * @param patient pseudonym; null if it concerns nobody
     * @param requestId X-Request-ID
     * @param resources what was read or written
     */
    record Recorded(
            long index,
            String op,
            int status,
            org.securemed.ledger.entry.@Nullable Pseudonym patient,
            String requestId,
            List<String> resources) {
        boolean isWrite() {
            return WRITES.contains(op);
        }
    }

    /** All entries about exchanges, in the order of the log. */
    List<Recorded> entries() throws Exception {
        List<Recorded> entries = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select seq, body from ledger.ledger_entry order by seq")) {
            while (rows.next()) {
                Entry entry = Entry.parse(rows.getBytes(2));
                Integer status = entry.status();
                Bytes sealed = entry.sealed();
                if (status != null && sealed != null) {
                    entries.add(open(rows.getLong(1), entry, status, sealed));
                }
            }
        }
        return entries;
    }

    private Recorded open(long index, Entry entry, int status, Bytes sealed) throws Exception {
        Pseudonym patient = entry.patient();
        PatientKey key = patient == null
                ? keys.system(connection)
                : keys.find(connection, patient).orElseThrow();
        JsonNode detail = JSON.readTree(key.open(entry.id().toString(), sealed.toByteArray()));
        List<String> resources = new ArrayList<>();
        detail.path("resources").forEach(reference -> resources.add(reference.asText()));
        return new Recorded(
                index,
                entry.op().code(),
                status,
                patient,
                detail.path("requestId").asText(),
                resources);
    }

    /** The verifier's judgement of the whole log, which must also go on from each of {@code checkpoints}. */
    Report verify(List<SignedNote> checkpoints) throws Exception {
        Verifier verifier = new Verifier(logKey);
        for (SignedNote checkpoint : checkpoints) {
            verifier.against("before a crash", checkpoint);
        }
        return verifier.verify(connection);
    }

    /** The checkpoint that was published last. */
    Optional<SignedNote> lastCheckpoint() throws Exception {
        List<String> notes = strings("select note from ledger.ledger_checkpoint order by size desc limit 1");
        return notes.isEmpty() ? Optional.empty() : Optional.of(SignedNote.parse(notes.get(0)));
    }

    /** How many entries of committed writes still wait outside of the log. */
    int waiting() throws Exception {
        return Integer.parseInt(strings(
                        "select ((select count(*) from ledger.ledger_outbox) + (select count(*) from ledger.ledger_staged))::text")
                .get(0));
    }

    /** {@code Type/id/_history/version} of everything that is stored. */
    Set<String> versions() throws Exception {
        return new TreeSet<>(strings("select r.res_type || '/' || r.fhir_id || '/_history/' || v.res_ver"
                + " from hfj_res_ver v join hfj_resource r on r.res_id = v.res_id"));
    }

    /** {@code Type/id partition deleted} of each stored resource, as HAPI has it. */
    Set<String> resources() throws Exception {
        return new TreeSet<>(strings("select res_type || '/' || fhir_id || ' ' || coalesce(partition_id, 0) || ' '"
                + " || (res_deleted_at is not null) from hfj_resource"));
    }

    /** The same, as the owner index has it. */
    Set<String> owners() throws Exception {
        return new TreeSet<>(strings(
                "select reference || ' ' || partition_id || ' ' || deleted" + " from securemed.resource_owner"));
    }

    /** Ids of the Consents that are stored as active. */
    Set<String> activeConsents() throws Exception {
        return new TreeSet<>(strings("select r.fhir_id from hfj_resource r"
                + " join hfj_res_ver v on v.res_id = r.res_id and v.res_ver = r.res_ver"
                + " where r.res_type = 'Consent' and r.res_deleted_at is null"
                + " and v.res_text_vc::jsonb ->> 'status' = 'active'"));
    }

    /** Ids of the Consents that are active in the patients' consent contracts. */
    Set<String> consentsInForce() throws Exception {
        Set<String> ids = new TreeSet<>();
        new ConsentStateStore(keys)
                .loadAll(connection, (subject, state) -> state.active().forEach(consent -> ids.add(consent.id())));
        return ids;
    }

    /** What a list holds more than once. */
    static <T> Set<T> repeated(List<T> values) {
        Set<T> seen = new HashSet<>();
        Set<T> again = new HashSet<>();
        values.stream().filter(value -> !seen.add(value)).forEach(again::add);
        return Collections.unmodifiableSet(again);
    }

    private List<String> strings(String sql) throws Exception {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
