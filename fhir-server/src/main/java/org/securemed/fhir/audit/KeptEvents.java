package org.securemed.fhir.audit;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.exceptions.MethodNotAllowedException;
import java.util.Set;

/** Nobody changes or deletes an AuditEvent: 405, whoever asks. */
@Interceptor
public final class KeptEvents {
    private static final Set<RequestTypeEnum> CHANGES =
            Set.of(RequestTypeEnum.PUT, RequestTypeEnum.PATCH, RequestTypeEnum.DELETE);

    /** Before HAPI looks for a method that it doesn't have. */
    @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLER_SELECTED)
    public void refuse(RequestDetails request) {
        if ("AuditEvent".equals(request.getResourceName())
                && CHANGES.contains(request.getRequestType())
                && !VerifyOperations.STATUS.equals(request.getOperation())) {
            throw new MethodNotAllowedException(
                    "AuditEvents are not changed and not deleted.", RequestTypeEnum.GET, RequestTypeEnum.POST);
        }
    }
}
