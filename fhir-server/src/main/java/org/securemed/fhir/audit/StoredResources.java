package org.securemed.fhir.audit;

import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.r4.model.Resource;

/** What the view of the audit asks of the FHIR store; the gate answers it. */
public interface StoredResources {
    /**
     * Those of the resources that the requester may see, in the order of type and id; they are noted as shown.
     *
     * @param references {@code Type/id}; what is no reference of this server is ignored
     */
    List<Resource> visible(Collection<String> references, RequestDetails request);

    /**
     * Logical ids of the patients who have an identifier; for those who may know of all patients.
     *
     * @param token {@code system|value}, {@code |value} or {@code value}
     */
    Set<String> patientsWith(String token);
}
