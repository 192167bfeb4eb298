package org.securemed.fhir.integrity;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IIdType;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.TreeHash;

/** Asking whether what is stored is what was recorded. For compliance staff and the custodian's systems. */
public final class IntegrityOperations {
    private static final int MOST_FINDINGS = 1_000;

    private final StoredVersionRows rows;
    private final Comparison comparison;
    private final Findings findings;
    private final Sweep sweep;
    private final SweepWork work;
    private final RestoreOperation restoration;
    private final RecordedVersions recorded;
    private final Ledger ledger;

    IntegrityOperations(
            StoredVersionRows rows,
            Comparison comparison,
            Findings findings,
            Sweep sweep,
            SweepWork work,
            RestoreOperation restoration,
            RecordedVersions recorded,
            Ledger ledger) {
        this.rows = rows;
        this.comparison = comparison;
        this.findings = findings;
        this.sweep = sweep;
        this.work = work;
        this.restoration = restoration;
        this.recorded = recorded;
        this.ledger = ledger;
    }

    /**
     * Compares all versions of a resource with their commitments, and these with the newest checkpoint. Of versions
     * that are not there it says which were recorded.
     *
     * @return {@code intact}, and {@code version} for each, with parts {@code reference}, {@code state} and
     *     {@code index}
     */
    @Operation(name = "$verify-integrity", global = true, idempotent = true)
    public Parameters verify(@IdParam IIdType id, RequestDetails request) {
        requireAuditor(request);
        String type = String.valueOf(request.getResourceName());
        String name = type + "/" + id.getIdPart();
        List<StoredVersionRows.Row> versions = rows.of(type, id.getIdPart());
        Set<Long> there = new HashSet<>();
        versions.forEach(row -> there.add(row.bytes().version()));
        // What the newest-version mark claims should be there, whether or not anything speaks of it.
        long newest = versions.isEmpty() ? 0 : versions.get(0).newest();
        Set<Long> gone = new TreeSet<>();
        if (there.size() < Math.max(1, newest)) {
            gone.addAll(recorded.of(type, id.getIdPart()).versions());
            if (newest > 0) {
                gone.add(newest);
            }
            gone.removeAll(there);
        }
        if (versions.isEmpty() && gone.isEmpty()) {
            throw new ResourceNotFoundException("HAPI-2001: Resource " + name + " is not known");
        }
        comparison.patients(name).forEach(patient -> Exchange.of(request).ifPresent(own -> own.name(patient)));
        SortedMap<Long, Verdict> byVersion = new TreeMap<>();
        gone.forEach(version -> byVersion.put(version, missing(name, version)));
        versions.forEach(row -> byVersion.put(row.bytes().version(), proved(comparison.verdict(row))));
        Collection<Verdict> verdicts = byVersion.values();
        verdicts.stream().filter(verdict -> verdict.state().isFinding()).forEach(findings::tell);
        Parameters answer = new Parameters();
        answer.addParameter(
                "intact",
                new BooleanType(
                        verdicts.stream().noneMatch(verdict -> verdict.state().isFinding())));
        verdicts.forEach(verdict -> version(answer.addParameter().setName("version"), verdict));
        return answer;
    }

    /** How far the present or last round of comparing everything is, and what is open. */
    @Operation(name = "$integrity-status", typeName = "AuditEvent", idempotent = true)
    public Parameters status(RequestDetails request) {
        requireAuditor(request);
        Parameters answer = new Parameters();
        sweep.status().ifPresent(status -> {
            ParametersParameterComponent part = answer.addParameter().setName("sweep");
            part.addPart().setName("phase").setValue(new CodeType(status.phase()));
            part.addPart().setName("checked").setValue(number(status.checked()));
            part.addPart().setName("erased").setValue(number(status.uncheckable()));
            part.addPart().setName("findings").setValue(number(status.findings()));
            part.addPart().setName("stored").setValue(number(rows.estimate()));
            part.addPart().setName("begun").setValue(new InstantType(Date.from(status.begunAt())));
            if (status.endedAt() != null) {
                part.addPart().setName("ended").setValue(new InstantType(Date.from(status.endedAt())));
            }
        });
        answer.addParameter("open", number(findings.count()));
        for (Findings.Open open : findings.open(MOST_FINDINGS)) {
            ParametersParameterComponent part = answer.addParameter().setName("finding");
            part.addPart().setName("version").setValue(new Reference(open.reference()));
            part.addPart().setName("kind").setValue(new CodeType(open.kind()));
            part.addPart().setName("found").setValue(new InstantType(Date.from(open.foundAt())));
        }
        return answer;
    }

    /** Begins to compare everything, unless it is under way; see {@code $integrity-status}. */
    @Operation(name = "$integrity-sweep", typeName = "AuditEvent")
    public Parameters sweep(RequestDetails request) {
        requireAuditor(request);
        sweep.begin();
        work.wake();
        return status(request);
    }

    /**
     * Puts back what was recorded, from what is sent, or from the replica in the settings, if it is what the ledger has
     * a commitment to: a version, or the whole resource with all that the ledger says was ever stored of it, even if
     * nothing is left of it, and without any version that the ledger knows nothing of.
     *
     * @param version which; the whole resource if there is none
     * @param content with {@code version}: its text as an older copy of the database has it, to the byte
     * @param packed instead of {@code content}: the bytes that copy has, of a version that HAPI had packed
     * @param updated with {@code content} and {@code source}, if the row is gone: its time and {@code meta.source} in
     *     that copy
     * @param copy without {@code version}: a version as that copy has it, with parts {@code version}, {@code updated},
     *     {@code content} or {@code packed}, and {@code source}; without a text it is a deletion
     */
    @Operation(name = "$restore-integrity", global = true)
    public Parameters restore(
            @IdParam IIdType id,
            @OperationParam(name = "version", max = 1) @Nullable IntegerType version,
            @OperationParam(name = "content", max = 1) @Nullable StringType content,
            @OperationParam(name = "packed", max = 1) @Nullable Base64BinaryType packed,
            @OperationParam(name = "updated", max = 1) @Nullable InstantType updated,
            @OperationParam(name = "source", max = 1) @Nullable StringType source,
            @OperationParam(name = "copy", max = OperationParam.MAX_UNLIMITED) @Nullable
                    List<ParametersParameterComponent> copy,
            RequestDetails request) {
        requireAuditor(request);
        String type = String.valueOf(request.getResourceName());
        if (version != null) {
            return restoration.version(type, id.getIdPart(), version, content, packed, updated, source, request);
        }
        if (content != null || packed != null || updated != null || source != null) {
            throw refused(Problem.badRequest(
                    "malformed-parameters", "Say which version it is, or send copies of the whole resource."));
        }
        return restoration.resource(type, id.getIdPart(), copy == null ? List.of() : copy, request);
    }

    /** An entry that is not under the checkpoint proves nothing. */
    private Verdict proved(Verdict verdict) {
        boolean proved = verdict.indexes().stream().allMatch(this::isProved);
        return proved || verdict.state().isFinding()
                ? verdict
                : new Verdict(verdict.reference(), Verdict.State.UNRECORDED, verdict.indexes());
    }

    private boolean isProved(long index) {
        Optional<StoredEntry> entry = ledger.read(index);
        Optional<TlogProof> proof = ledger.receipt(index);
        if (entry.isEmpty()) {
            return false;
        }
        if (proof.isEmpty()) {
            // The checkpoint comes within a second.
            return true;
        }
        try {
            proof.get().verify(TreeHash.leaf(entry.get().body().toByteArray()), ledger.logKey());
            return true;
        } catch (NoteException | ProofException e) {
            return false;
        }
    }

    private static Verdict missing(String name, long version) {
        return new Verdict(name + "/_history/" + version, Verdict.State.MISSING, List.of());
    }

    private static void version(ParametersParameterComponent part, Verdict verdict) {
        part.addPart().setName("reference").setValue(new Reference(verdict.reference()));
        part.addPart().setName("state").setValue(new CodeType(verdict.state().code()));
        verdict.indexes().forEach(index -> part.addPart().setName("index").setValue(number(index)));
    }

    private static StringType number(long number) {
        return new StringType(Long.toString(number));
    }

    private static void requireAuditor(RequestDetails request) {
        Requester requester = Exchange.of(request).map(Exchange::requester).orElse(Requester.anonymous());
        if (!requester.overseesAudit()) {
            throw refused(Problem.forbidden("role-not-allowed", "Your role does not permit this interaction."));
        }
    }

    static BaseServerResponseException refused(Problem problem) {
        BaseServerResponseException exception =
                BaseServerResponseException.newInstance(problem.status(), problem.diagnostics());
        exception.setOperationOutcome(problem.operationOutcome());
        return exception;
    }
}
