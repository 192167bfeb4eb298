package org.securemed.fhir.audit;

import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Interceptor;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.UnsignedIntType;
import org.jspecify.annotations.Nullable;

/** HAPI takes the length of a page of AuditEvents for the total of the search. No total is better than a wrong one. */
@Interceptor
public final class NoGuessedTotal {
    private static final String COUNTED = NoGuessedTotal.class.getName();

    /** Gives a Bundle a total that was counted. */
    static void set(Bundle bundle, int total) {
        bundle.setTotal(total);
        bundle.setUserData(COUNTED, total);
    }

    /** Before the answer is recorded and written. */
    @Hook(value = Pointcut.SERVER_OUTGOING_RESPONSE, order = 0)
    public boolean answering(RequestDetails request, @Nullable IBaseResource answer) {
        if ("AuditEvent".equals(request.getResourceName()) && answer instanceof Bundle bundle) {
            Object counted = bundle.getUserData(COUNTED);
            bundle.setTotalElement(counted instanceof Integer total ? new UnsignedIntType(total) : null);
        }
        return true;
    }
}
