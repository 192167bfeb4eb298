package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.param.DateRangeParam;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.log.EntryQuery.Order;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;

/**
 * Operations on the audit: a receipt for an event, who has looked at a patient's record, an accounting of disclosures,
 * and the report of one. For compliance staff and the custodian's systems; the first three for patients and their
 * representatives about the patient.
 */
public final class AuditOperations {
    /** The most entries of one answer; an accounting that would need more is refused. */
    private static final int MOST = 10_000;

    private static final int ACCOUNTING_YEARS = 6;
    private static final String DISCLOSE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";

    private final AuditEventStore store;
    private final Ledger ledger;
    private final Evidence evidence;
    private final ForeignEvents foreign;
    private final AuditSubjects subjects;
    private final Clock clock;

    AuditOperations(
            AuditEventStore store,
            Ledger ledger,
            Evidence evidence,
            ForeignEvents foreign,
            AuditSubjects subjects,
            Clock clock) {
        this.store = store;
        this.ledger = ledger;
        this.evidence = evidence;
        this.foreign = foreign;
        this.subjects = subjects;
        this.clock = clock;
    }

    /**
     * The proof that the event's entry is in the ledger: {@code index}, {@code receipt} (C2SP tlog-proof under the
     * newest checkpoint), {@code entry} (the bytes that were hashed) and {@code logKey}, to be compared with one from
     * elsewhere.
     */
    @Operation(name = "$proof", typeName = "AuditEvent", idempotent = true)
    public Parameters proof(@IdParam IdType id, RequestDetails request) {
        String entryId = id.getIdPart().replaceFirst(ConsentDecisionEvents.SUFFIX + "$", "");
        AuditEventStore.Seen seen = store.seen(entryId)
                .filter(found -> AuditScope.of(request, subjects)
                        .maySee(new AuditEventStore.Found(
                                found.events().get(0), found.patient().orElse(null))))
                .orElseThrow(() -> AuditRefusal.notKnown("AuditEvent/" + id.getIdPart()));
        name(seen.patient().map(AuditOperations::logicalId), request);
        StoredEntry stored = seen.stored();
        TlogProof receipt = ledger.receipt(stored.index())
                .orElseThrow(() -> new ResourceVersionConflictException(
                        "The next checkpoint will cover this event. Ask again in a second."));
        Parameters proof = new Parameters();
        proof.addParameter("index", new StringType(Long.toString(stored.index())));
        proof.addParameter("receipt", new StringType(receipt.toString()));
        proof.addParameter("entry", new Base64BinaryType(stored.body().toByteArray()));
        proof.addParameter("logKey", new StringType(ledger.logKey().toString()));
        return proof;
    }

    /** Who has looked at a patient's record or asked for it, the newest first; see {@link AccessLog}. */
    @Operation(name = "$access-log", typeName = "Patient", idempotent = true)
    public Parameters accessLog(
            @IdParam IdType patient,
            @OperationParam(name = "period") @Nullable DateRangeParam period,
            RequestDetails request) {
        String id = known(patient, request);
        List<AuditEventStore.Seen> accesses = new ArrayList<>();
        boolean complete = store.about(
                id,
                instant(period == null ? null : period.getLowerBoundAsInstant()),
                end(period),
                Order.NEWEST_FIRST,
                MOST,
                seen -> !ForeignEvents.holds(seen.stored().entry())
                        && !SecurityEventView.shows(seen.stored().entry()),
                accesses::add);
        Instant from = instant(period == null ? null : period.getLowerBoundAsInstant());
        return AccessLog.of(accesses, complete, prunedBefore(from));
    }

    /**
     * To whom a patient's data was disclosed, the oldest first, with HIPAA's five fields; the last six years unless a
     * period is given.
     *
     * @param output {@code fhir}, {@code csv} or {@code pdf}
     */
    @Operation(name = "$accounting-of-disclosures", typeName = "Patient", idempotent = true)
    public IBaseResource accounting(
            @IdParam IdType patient,
            @OperationParam(name = "period") @Nullable DateRangeParam period,
            @OperationParam(name = "output", max = 1) @Nullable StringType output,
            RequestDetails request) {
        String id = known(patient, request);
        Instant until = Optional.ofNullable(end(period)).orElseGet(clock::instant);
        Instant from = Optional.ofNullable(instant(period == null ? null : period.getLowerBoundAsInstant()))
                .orElseGet(() -> until.atOffset(ZoneOffset.UTC)
                        .minusYears(ACCOUNTING_YEARS)
                        .toInstant());
        List<Disclosure> disclosures = new ArrayList<>();
        boolean complete = store.about(
                id,
                from,
                until,
                Order.OLDEST_FIRST,
                MOST,
                seen -> Disclosure.of(seen).isPresent(),
                seen -> Disclosure.of(seen).ifPresent(disclosures::add));
        if (!complete) {
            throw AuditRefusal.parameter("Ask for a shorter period: too many disclosures for one account.");
        }
        AccountingReport report = new AccountingReport("Patient/" + id, from, until, disclosures, prunedBefore(from));
        String form = output == null ? "fhir" : output.getValue();
        return switch (form) {
            case "fhir" -> report.toParameters();
            case "csv" -> new Binary().setContentType("text/csv;charset=utf-8").setData(report.toCsv());
            case "pdf" -> new Binary().setContentType("application/pdf").setData(report.toPdf());
            default -> throw AuditRefusal.parameter("Ask for output=fhir, output=csv or output=pdf.");
        };
    }

    /**
     * Keeps a disclosure that somebody made outside of this server; it appears in the accounting.
     *
     * @param disclosure names the patient as an entity, the recipient as an agent of type DCM 110152, and the purpose
     * @param consent on which it rested
     * @see <a href="https://hl7.org/fhir/us/consent-management/">FAST Scalable Consent Management</a>
     */
    @Operation(name = "$recordDisclosure", typeName = "AuditEvent")
    public Parameters recordDisclosure(
            @OperationParam(name = "disclosure", min = 1, max = 1) @Nullable AuditEvent disclosure,
            @OperationParam(name = "consent", max = 1) @Nullable Reference consent,
            RequestDetails request) {
        if (!AuditScope.isUnlimited(request)) {
            throw AuditRefusal.role();
        }
        if (disclosure == null || foreign.patients(disclosure).isEmpty()) {
            throw AuditRefusal.parameter("Send an AuditEvent as disclosure that names a patient of this server.");
        }
        boolean recipient = disclosure.getAgent().stream()
                .anyMatch(agent ->
                        agent.getType().getCoding().stream().anyMatch(coding -> "110152".equals(coding.getCode())));
        if (!recipient || !disclosure.hasPurposeOfEvent()) {
            throw AuditRefusal.parameter(
                    "Name the recipient as an agent of type 110152 and the purpose as purposeOfEvent.");
        }
        AuditEvent kept = disclosure.copy();
        if (!kept.hasType()) {
            kept.setType(AuditCodes.dicom("110106", "Export"));
        }
        if (kept.getSubtype().stream().noneMatch(subtype -> "disclose".equals(subtype.getCode()))) {
            kept.addSubtype(new Coding(DISCLOSE, "disclose", null));
        }
        if (consent != null) {
            kept.addEntity()
                    .setWhat(consent)
                    .setType(new Coding("http://hl7.org/fhir/resource-types", "Consent", null));
        }
        String id = evidence.take(kept, ForeignEvents.DISCLOSURE, request);
        Parameters answer = new Parameters();
        answer.addParameter("event", new Reference("AuditEvent/" + id));
        return answer;
    }

    /** Until when entries of this period may have been let go; null if none were. */
    private @Nullable Instant prunedBefore(@Nullable Instant from) {
        return ledger.pruning()
                .pruned()
                .before()
                .filter(before -> from == null || before.isAfter(from))
                .orElse(null);
    }

    private String known(IdType patient, RequestDetails request) {
        String id = patient.getIdPart();
        if (!AuditScope.of(request, subjects).mayKnow(id) || !store.knows(id)) {
            throw AuditRefusal.notKnown("Patient/" + id);
        }
        name(Optional.of(id), request);
        return id;
    }

    private static void name(Optional<String> patient, RequestDetails request) {
        patient.ifPresent(id -> Exchange.of(request).ifPresent(exchange -> exchange.name(id)));
    }

    private static String logicalId(String reference) {
        return reference.substring("Patient/".length());
    }

    private static @Nullable Instant end(@Nullable DateRangeParam period) {
        Instant last = instant(period == null ? null : period.getUpperBoundAsInstant());
        return last == null ? null : last.plusMillis(1);
    }

    private static @Nullable Instant instant(@Nullable Date date) {
        return date == null ? null : date.toInstant();
    }
}
