package org.securemed.fhir.audit;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.fhir.exchange.Touched;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.problem.ProblemWriter;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.log.Precondition;

/**
 * Records every exchange before its answer leaves: writes inside the transaction that writes, all else right before the
 * first byte. What can't be recorded is not answered.
 */
@Interceptor
public final class AuditRecorder {
    /** Order of the recorder's hooks: after everything that may still change the answer. */
    public static final int LAST = 10_000;

    private static final int SUCCESS = 0;
    private static final int MINOR_FAILURE = 4;
    private static final int SERIOUS_FAILURE = 8;

    private final EntryFactory entries;
    private final LedgerGateway ledger;
    private final ProblemWriter problems;
    private final OwnerIndex index;

    AuditRecorder(EntryFactory entries, LedgerGateway ledger, ProblemWriter problems, OwnerIndex index) {
        this.entries = entries;
        this.ledger = ledger;
        this.problems = problems;
        this.index = index;
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED, order = LAST)
    public void created(IBaseResource resource, RequestDetails request) {
        written(resource, request, Op.CREATE);
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED, order = LAST)
    public void updated(IBaseResource before, IBaseResource after, RequestDetails request) {
        boolean patch = request != null && request.getRestOperationType() == RestOperationTypeEnum.PATCH;
        written(after, request, patch ? Op.PATCH : Op.UPDATE);
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_DELETED, order = LAST)
    public void deleted(IBaseResource resource, RequestDetails request) {
        written(resource, request, Op.DELETE);
    }

    private void written(IBaseResource resource, RequestDetails request, Op op) {
        Exchange.of(request)
                .ifPresent(exchange -> WriteUnit.current(exchange, RequestFacts.of(request), entries, ledger, index)
                        .add(resource, op));
    }

    /** Adds an entry of our own to those of the transaction that is active on this thread. */
    void attach(Exchange exchange, RequestDetails request, Entry entry) {
        WriteUnit.current(exchange, RequestFacts.of(request), entries, ledger, index)
                .add(entry);
    }

    /** Every answer with a 2xx status passes here before its first byte. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = LAST)
    public boolean answering(
            RequestDetails request, @Nullable ResponseDetails response, HttpServletRequest servletRequest) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (exchange.isPresent()) {
            int status = response == null || response.getResponseCode() == 0 ? 200 : response.getResponseCode();
            record(exchange.get(), RequestFacts.of(request), status);
            Recorded.mark(servletRequest);
        }
        return true;
    }

    /**
     * Records what this server did by itself in somebody's name; returns when the record is durable.
     *
     * @throws LedgerFailure if it can't be recorded now
     */
    public void record(RequestDetails request, int status) {
        Exchange.of(request).ifPresent(exchange -> record(exchange, RequestFacts.of(request), status));
    }

    private void record(Exchange exchange, RequestFacts facts, int status) {
        List<Entry> staged = exchange.staged();
        if (!staged.isEmpty()) {
            ledger.seal(staged);
        }
        List<Entry> reads = reads(exchange, facts, status, !staged.isEmpty());
        if (!reads.isEmpty()) {
            ledger.append(reads, preconditions(exchange));
        }
    }

    /** One entry for each patient of whom something is shown or was asked for; one for all if there is none. */
    private List<Entry> reads(Exchange exchange, RequestFacts facts, int status, boolean wrote) {
        Map<String, List<String>> byPatient = new LinkedHashMap<>();
        List<String> shared = new ArrayList<>();
        boolean write = isWrite(facts.op());
        if (write && wrote) {
            return List.of();
        }
        boolean instance = !facts.op().equals(Op.SEARCH);
        for (Touched touched : exchange.shown()) {
            touched.patients()
                    .forEach(patient ->
                            note(byPatient.computeIfAbsent(patient, key -> new ArrayList<>()), touched, instance));
            if (touched.patients().isEmpty()) {
                note(shared, touched, instance);
            }
        }
        if (!wrote) {
            exchange.named().forEach(patient -> byPatient.computeIfAbsent(patient, key -> new ArrayList<>()));
        }
        List<Entry> made = new ArrayList<>();
        byPatient.forEach((patient, resources) -> made.add(
                entries.entry(exchange, facts, facts.op(), facts.type(), patient, resources, status, SUCCESS)));
        if (made.isEmpty() && !wrote) {
            made.add(entries.entry(exchange, facts, facts.op(), facts.type(), null, shared, status, SUCCESS));
        }
        return made;
    }

    /** What a search found is never recorded, only what was asked; see IHE BALP, 3:5.7.3. */
    private static void note(List<String> references, Touched touched, boolean instance) {
        if (instance && references.size() < 100) {
            references.add(touched.reference());
        }
    }

    private static boolean isWrite(Op op) {
        return op.equals(Op.CREATE) || op.equals(Op.UPDATE) || op.equals(Op.PATCH) || op.equals(Op.DELETE);
    }

    private static List<Precondition> preconditions(Exchange exchange) {
        Set<Precondition> preconditions = new LinkedHashSet<>();
        for (Access access : exchange.accesses()) {
            if (access.dependsOnConsent()) {
                preconditions.add(new Precondition(access.subject(), access.consentVersion()));
            }
        }
        return List.copyOf(preconditions);
    }

    /** Every answer of any other status passes here; also an answer whose record failed. */
    @Hook(value = Pointcut.SERVER_HANDLE_EXCEPTION, order = -LAST)
    public boolean failing(
            RequestDetails request,
            ServletRequestDetails servletDetails,
            HttpServletRequest servletRequest,
            HttpServletResponse servletResponse,
            BaseServerResponseException exception)
            throws IOException {
        if (exception instanceof LedgerFailure failure) {
            return refuse(failure.problem(), servletRequest, servletResponse);
        }
        Optional<Exchange> exchange = Exchange.of(request);
        try {
            if (exchange.isPresent()) {
                recordFailure(exchange.get(), RequestFacts.of(request), exception.getStatusCode());
            }
        } catch (LedgerFailure failure) {
            return refuse(failure.problem(), servletRequest, servletResponse);
        }
        Recorded.mark(servletRequest);
        return true;
    }

    private void recordFailure(Exchange exchange, RequestFacts facts, int status) {
        List<Entry> staged = exchange.staged();
        if (!staged.isEmpty()) {
            // Part of a batch was written before the rest failed.
            ledger.seal(staged);
        }
        int outcome = status == 304 ? SUCCESS : status < 500 ? MINOR_FAILURE : SERIOUS_FAILURE;
        List<Entry> made = new ArrayList<>();
        for (String patient : exchange.named()) {
            made.add(entries.entry(exchange, facts, facts.op(), facts.type(), patient, List.of(), status, outcome));
        }
        if (made.isEmpty()) {
            made.add(entries.entry(exchange, facts, facts.op(), facts.type(), null, List.of(), status, outcome));
        }
        ledger.append(made, List.of());
    }

    /** Answers 503 without HAPI; false tells it that the response is complete. */
    private boolean refuse(Problem problem, HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        Recorded.mark(request);
        problems.write(request, response, problem);
        return false;
    }
}
