package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirResourceDao;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ResourceVersionConflictException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.audit.AuditRecorder;
import org.securemed.fhir.problem.Problem;
import org.securemed.fhir.smart.Requester;
import org.securemed.ledger.consent.SignedTransition;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Reads and writes of this server in somebody's name, through the gate and recorded. Inside a transaction a write
 * belongs to it, and whoever commits waits for the record; outside, the call waits.
 */
final class HouseRequests {
    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int UNAVAILABLE = 503;

    private final FhirContext context;
    private final ObjectProvider<RestfulServer> server;
    private final ObjectProvider<DaoRegistry> daos;
    private final ObjectProvider<AuditRecorder> recorder;
    private final Clock clock;

    HouseRequests(
            FhirContext context,
            ObjectProvider<RestfulServer> server,
            ObjectProvider<DaoRegistry> daos,
            ObjectProvider<AuditRecorder> recorder,
            Clock clock) {
        this.context = context;
        this.server = server;
        this.daos = daos;
        this.recorder = recorder;
        this.clock = clock;
    }

    /** Stores a new resource; its logical id. */
    String create(Requester requester, Resource resource) {
        HouseRequest request =
                begin(requester, RestOperationTypeEnum.CREATE, RequestTypeEnum.POST, resource.fhirType());
        String id = dao(resource).create(resource, request).getId().getIdPart();
        recorded(request, CREATED);
        return id;
    }

    /** Stores a resource under its id. */
    void put(Requester requester, Resource resource) {
        HouseRequest request = begin(requester, RestOperationTypeEnum.UPDATE, RequestTypeEnum.PUT, resource.fhirType());
        dao(resource).update(resource, request);
        recorded(request, OK);
    }

    /** Reads a resource, as the requester may see it. */
    <T extends Resource> T read(Requester requester, Class<T> type, String id) {
        HouseRequest request = begin(requester, RestOperationTypeEnum.READ, RequestTypeEnum.GET, type.getSimpleName());
        request.setId(new IdType(type.getSimpleName(), id));
        return type.cast(daos.getObject()
                .getResourceDao(type)
                .read(new IdType(type.getSimpleName(), id), request)
                .copy());
    }

    /** Reads a resource and stores it changed. */
    <T extends Resource> void change(Requester requester, Class<T> type, String id, UnaryOperator<T> change) {
        change(requester, type, id, null, change);
    }

    /** The same, where the change is one that the patient has signed. */
    <T extends Resource> void change(
            Requester requester, Class<T> type, String id, @Nullable SignedTransition signed, UnaryOperator<T> change) {
        HouseRequest request =
                begin(requester, RestOperationTypeEnum.UPDATE, RequestTypeEnum.PUT, type.getSimpleName());
        request.setId(new IdType(type.getSimpleName(), id));
        if (signed != null) {
            CardSignature.attach(request, signed);
        }
        IFhirResourceDao<T> dao = daos.getObject().getResourceDao(type);
        T stored = dao.read(new IdType(type.getSimpleName(), id), request);
        dao.update(change.apply(type.cast(stored.copy())), request);
        if (signed != null && !CardSignature.isUsed(request)) {
            throw new ResourceVersionConflictException("What was signed is so already.");
        }
        recorded(request, OK);
    }

    /**
     * What a search finds that may be shown, {@code most} at most.
     *
     * @param asked the search as the record says it
     */
    List<IBaseResource> search(
            Requester requester, String type, SearchParameterMap parameters, Map<String, String> asked, int most) {
        HouseRequest request = begin(requester, RestOperationTypeEnum.SEARCH_TYPE, RequestTypeEnum.GET, type);
        asked.forEach((name, value) -> request.addParameter(name, new String[] {value}));
        parameters.setLoadSynchronousUpTo(most);
        List<IBaseResource> found = daos.getObject()
                .getResourceDao(type)
                .search(parameters, request)
                .getResources(0, most);
        record(request, OK);
        return found;
    }

    /** A request of somebody, for decisions. */
    HouseRequest begin(Requester requester, RestOperationTypeEnum operation, RequestTypeEnum method, String type) {
        return HouseRequest.begin(context, server.getObject(), requester, clock, operation, method, type);
    }

    /** Records that a request was answered; what was decided for it holds only if it still does. */
    void answered(HouseRequest request) {
        record(request, OK);
    }

    /** Records of nobody as many entries as writing {@code resources} resources would: anybody can see the log grow. */
    void recordNothing(Requester requester, String type, int resources) {
        for (int i = 0; i < resources; i++) {
            record(begin(requester, RestOperationTypeEnum.UPDATE, RequestTypeEnum.PUT, type), OK);
        }
    }

    private void recorded(HouseRequest request, int status) {
        if (!TransactionSynchronizationManager.isActualTransactionActive()) {
            record(request, status);
            return;
        }
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                record(request, status);
            }
        });
    }

    private void record(HouseRequest request, int status) {
        try {
            recorder.getObject().record(request, status);
        } catch (BaseServerResponseException e) {
            if (e.getStatusCode() != UNAVAILABLE) {
                throw e;
            }
            throw Problem.unavailable(
                    "ledger-unavailable",
                    "What you did could not be recorded yet, so nothing is answered. Try again later.",
                    Duration.ofSeconds(5));
        }
    }

    @SuppressWarnings("unchecked")
    private <T extends Resource> IFhirResourceDao<T> dao(T resource) {
        return (IFhirResourceDao<T>) daos.getObject().getResourceDao(resource.getClass());
    }
}
