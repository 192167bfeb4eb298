package org.securemed.fhir.audit;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.ResponseDetails;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Access;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.exchange.Recorded;
import org.securemed.fhir.owner.NewVersions;
import org.securemed.fhir.owner.OwnerFinder;
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
    private static final int NOT_MODIFIED = 304;

    private final EntryFactory entries;
    private final LedgerGateway ledger;
    private final ProblemWriter problems;
    private final OwnerIndex index;
    private final NewVersions versions;
    private final AuditProperties settings;
    private final InteractionEntries interactions;
    private final BundleEntryRecords bundles;

    AuditRecorder(
            EntryFactory entries,
            LedgerGateway ledger,
            ProblemWriter problems,
            OwnerIndex index,
            OwnerFinder finder,
            NewVersions versions,
            AuditProperties settings) {
        this.settings = settings;
        this.versions = versions;
        this.entries = entries;
        this.ledger = ledger;
        this.problems = problems;
        this.index = index;
        this.interactions = new InteractionEntries(entries, index, finder);
        this.bundles = new BundleEntryRecords(interactions);
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_CREATED, order = LAST)
    public void created(IBaseResource resource, RequestDetails request) {
        written(resource, request, Op.CREATE);
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_UPDATED, order = LAST)
    public void updated(IBaseResource before, IBaseResource after, RequestDetails request) {
        boolean patch = request != null && request.getRequestType() == RequestTypeEnum.PATCH;
        written(after, request, patch ? Op.PATCH : Op.UPDATE);
    }

    /** Before anything is deleted: HAPI may tell of the deletion too late for a record to begin. */
    @Hook(value = Pointcut.STORAGE_PRESTORAGE_RESOURCE_DELETED, order = LAST)
    public void deleting(IBaseResource resource, RequestDetails request) {
        Exchange.of(request).ifPresent(exchange -> WriteUnit.current(exchange, entries, ledger, index, versions));
    }

    @Hook(value = Pointcut.STORAGE_PRECOMMIT_RESOURCE_DELETED, order = LAST)
    public void deleted(IBaseResource resource, RequestDetails request) {
        written(resource, request, Op.DELETE);
    }

    private void written(IBaseResource resource, RequestDetails request, Op op) {
        Exchange.of(request)
                .ifPresent(exchange -> WriteUnit.current(exchange, entries, ledger, index, versions)
                        .add(resource, op, RequestFacts.of(request)));
    }

    /** Adds an entry of our own to those of the transaction that is active on this thread. */
    void attach(Exchange exchange, Entry entry) {
        WriteUnit.current(exchange, entries, ledger, index, versions).add(entry);
    }

    /** Every answer with a 2xx status passes here before its first byte. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = LAST)
    public boolean answering(
            RequestDetails request, @Nullable ResponseDetails response, HttpServletRequest servletRequest) {
        Optional<Exchange> exchange = Exchange.of(request);
        if (!settings.metadata() && request.getRestOperationType() == RestOperationTypeEnum.METADATA) {
            Recorded.mark(servletRequest);
        } else if (exchange.isPresent()) {
            int status = response == null || response.getResponseCode() == 0 ? 200 : response.getResponseCode();
            record(exchange.get(), request, status, response == null ? null : response.getResponseResource());
            Recorded.mark(servletRequest);
        }
        return true;
    }

    /**
     * Records an answer that its provider writes by itself, right before its first byte; when HAPI tells of it
     * afterwards, it is not recorded again.
     *
     * @throws LedgerFailure if it can't be recorded now: then nothing may be written
     */
    public void answeringByItself(RequestDetails request, HttpServletRequest servletRequest) {
        answering(request, null, servletRequest);
        Exchange.of(request).ifPresent(exchange -> exchange.recordAs(List.of()));
    }

    /**
     * Records what this server did by itself in somebody's name; returns when the record is durable.
     *
     * @throws LedgerFailure if it can't be recorded now
     */
    public void record(RequestDetails request, int status) {
        Exchange.of(request).ifPresent(exchange -> record(exchange, request, status, null));
    }

    private void record(Exchange exchange, RequestDetails request, int status, @Nullable IBaseResource answer) {
        List<Entry> staged = exchange.staged();
        if (!staged.isEmpty()) {
            ledger.seal(staged);
        }
        List<Entry> others = exchange.ownRecord().orElseGet(() -> unwritten(exchange, request, status, answer));
        if (!others.isEmpty()) {
            ledger.append(others, preconditions(exchange));
        }
    }

    /** What is to be recorded beside the writes that have been. */
    private List<Entry> unwritten(
            Exchange exchange, RequestDetails request, int status, @Nullable IBaseResource answer) {
        RequestFacts facts = RequestFacts.of(request);
        if (answer instanceof Bundle answered && request.getResource() instanceof Bundle asked && isBundle(facts)) {
            return bundles.entries(exchange, facts, asked, answered);
        }
        if (interactions.writes(facts) && !exchange.written().isEmpty()) {
            return List.of();
        }
        return interactions.entries(exchange, facts, status, SUCCESS);
    }

    private static boolean isBundle(RequestFacts facts) {
        return facts.op().equals(RequestFacts.TRANSACTION) || facts.op().equals(RequestFacts.BATCH);
    }

    static List<Precondition> preconditions(Exchange exchange) {
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
                recordFailure(exchange.get(), request, exception.getStatusCode());
            }
        } catch (LedgerFailure failure) {
            return refuse(failure.problem(), servletRequest, servletResponse);
        }
        Recorded.mark(servletRequest);
        return true;
    }

    private void recordFailure(Exchange exchange, RequestDetails request, int status) {
        List<Entry> staged = exchange.staged();
        if (!staged.isEmpty()) {
            // Part of a batch was written before the rest failed.
            ledger.seal(staged);
        }
        RequestFacts facts = RequestFacts.of(request);
        List<Entry> made = status == NOT_MODIFIED
                ? interactions.entries(exchange, facts, status, SUCCESS)
                : interactions.failed(
                        exchange, request.getResource(), facts, status, status < 500 ? MINOR_FAILURE : SERIOUS_FAILURE);
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
