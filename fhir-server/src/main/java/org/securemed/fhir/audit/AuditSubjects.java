package org.securemed.fhir.audit;

import java.util.Set;
import org.securemed.fhir.exchange.Exchange;

/** Whose audit a person may read: their own, and that of the patients for whom they act. */
@FunctionalInterface
public interface AuditSubjects {
    /**
     * The patients whom the requester is, or acts for, through an app that may see their AuditEvents. Each answer is a
     * decision of the exchange: it is recorded, and void if the patient's consents changed meanwhile.
     *
     * @return logical ids
     */
    Set<String> of(Exchange exchange);
}
