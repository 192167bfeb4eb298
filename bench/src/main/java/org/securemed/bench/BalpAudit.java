package org.securemed.bench;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.storage.interceptor.balp.BalpAuditCaptureInterceptor;
import ca.uhn.fhir.storage.interceptor.balp.IBalpAuditContextServices;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.Reference;

/**
 * HAPI's audit as it comes, as durable as ours: each AuditEvent is created through the DAO before the response, in the
 * request's own transaction if there is one.
 */
final class BalpAudit {
    private BalpAudit() {}

    /** @param daos asked at the first request: they do not exist yet while the interceptors are collected */
    static BalpAuditCaptureInterceptor interceptor(Supplier<DaoRegistry> daos) {
        return new BalpAuditCaptureInterceptor(
                event -> daos.get().getResourceDao(AuditEvent.class).create(event, new SystemRequestDetails()),
                new Agents());
    }

    /** Who asks is the same for every request: nobody logs in to the rival. */
    private static final class Agents implements IBalpAuditContextServices {
        @Override
        public Reference getAgentClientWho(RequestDetails request) {
            return new Reference().setDisplay("bench");
        }

        @Override
        public Reference getAgentUserWho(RequestDetails request) {
            return new Reference().setDisplay("physician");
        }
    }
}
