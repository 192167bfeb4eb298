package org.securemed.fhir.audit;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.StoredEntry;

/** Which version a recorded write has stored. Thread-safe. */
public final class WrittenVersions {
    private static final Pattern VERSION =
            Pattern.compile("([A-Za-z]{1,64})/([A-Za-z0-9\\-.]{1,64})/_history/([1-9][0-9]{0,17})");

    private final SubjectKeys keys;

    WrittenVersions(SubjectKeys keys) {
        this.keys = keys;
    }

    /**
     * A version by name.
     *
     * @param type FHIR resource type
     * @param id logical id
     */
    public record Version(String type, String id, long version) {
        /** {@code Type/id/_history/version}. */
        public String reference() {
            return type + "/" + id + "/_history/" + version;
        }
    }

    /**
     * A write of a version.
     *
     * @param patient logical id of the patient whose entry it is; null if the version belongs to nobody
     */
    public record Write(Version version, @Nullable String patient) {}

    /** Of the entry of a write that succeeded; empty of any other, and if the patient was erased. */
    public Optional<Version> of(StoredEntry stored) {
        return writeOf(stored).map(Write::version);
    }

    /** As {@link #of}, with the patient. */
    public Optional<Write> writeOf(StoredEntry stored) {
        try {
            return write(stored.entry());
        } catch (RuntimeException e) {
            if (!Unreadable.is(e)) {
                throw e;
            }
            Unreadable.pass(stored.index());
            return Optional.empty();
        }
    }

    /** As {@link #writeOf(StoredEntry)}, of one that is in no block yet. */
    public Optional<Write> writeOf(Entry entry) {
        try {
            return write(entry);
        } catch (RuntimeException e) {
            if (!Unreadable.is(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private Optional<Write> write(Entry entry) {
        Bytes sealed = entry.sealed();
        if (sealed == null || entry.resourceCommitment() == null) {
            return Optional.empty();
        }
        return keys.open(entry.patient(), entry.id(), sealed).flatMap(plain -> {
            try {
                EntryDetail detail = EntryDetail.parse(plain);
                List<String> resources = detail.resources();
                String patient = detail.patient();
                return resources == null
                        ? Optional.empty()
                        : resources.stream()
                                .flatMap(one -> parse(one).stream())
                                .findFirst()
                                .map(version -> new Write(
                                        version,
                                        patient == null || entry.patient() == null
                                                ? null
                                                : patient.replaceFirst("^Patient/", "")));
            } catch (IOException e) {
                throw new IllegalStateException("entry %s holds no detail".formatted(entry.id()), e);
            }
        });
    }

    private static Optional<Version> parse(String reference) {
        Matcher parts = VERSION.matcher(reference);
        return parts.matches()
                ? Optional.of(new Version(parts.group(1), parts.group(2), Long.parseLong(parts.group(3))))
                : Optional.empty();
    }
}
