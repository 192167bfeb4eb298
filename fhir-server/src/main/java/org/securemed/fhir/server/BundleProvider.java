package org.securemed.fhir.server;

import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.rest.annotation.Transaction;
import ca.uhn.fhir.rest.annotation.TransactionParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import org.hl7.fhir.r4.model.Bundle;
import org.securemed.fhir.audit.Evidence;

/**
 * Batches and transactions: HAPI's, but for Bundles of AuditEvents, which go into the ledger and not into the store.
 */
public final class BundleProvider {
    private final IFhirSystemDao<Bundle, ?> system;
    private final Evidence evidence;

    BundleProvider(IFhirSystemDao<Bundle, ?> system, Evidence evidence) {
        this.system = system;
        this.evidence = evidence;
    }

    /** Answers entry by entry. */
    @Transaction
    public Bundle transaction(@TransactionParam Bundle bundle, RequestDetails request) {
        return Evidence.isIn(bundle) ? evidence.takeAll(bundle, request) : system.transaction(request, bundle);
    }
}
