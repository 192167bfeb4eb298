package org.securemed.fhir.consent;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.MatchUrlService;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.server.exceptions.PreconditionFailedException;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.instance.model.api.IIdType;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Finds the Patient that a conditional update means. HAPI looks for it only in the partition into which it is about to
 * write, which for a Patient is known only once it is found.
 */
final class ConditionalTarget {
    private final FhirContext context;
    private final ObjectProvider<MatchUrlService> matchUrls;
    private final ObjectProvider<DaoRegistry> daos;

    ConditionalTarget(
            FhirContext context, ObjectProvider<MatchUrlService> matchUrls, ObjectProvider<DaoRegistry> daos) {
        this.context = context;
        this.matchUrls = matchUrls;
        this.daos = daos;
    }

    /**
     * The logical id of the one Patient that matches, if one does. Only for requesters who see everything.
     *
     * @param url {@code Patient?…}
     * @throws PreconditionFailedException if several match
     */
    Optional<String> patient(String url) {
        SearchParameterMap parameters =
                matchUrls.getObject().translateMatchUrl(url, context.getResourceDefinition("Patient"));
        parameters.setLoadSynchronousUpTo(2);
        List<IIdType> found = daos.getObject()
                .getResourceDao("Patient")
                .searchForResourceIds(parameters, SystemRequestDetails.forAllPartitions());
        if (found.size() > 1) {
            throw new PreconditionFailedException("Several resources match; name the one by its id.");
        }
        return found.stream().map(IIdType::getIdPart).findFirst();
    }
}
