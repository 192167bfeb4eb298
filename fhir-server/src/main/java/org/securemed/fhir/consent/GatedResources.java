package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.param.TokenOrListParam;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Resource;
import org.securemed.fhir.audit.StoredResources;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.fhir.owner.Ownership;
import org.securemed.fhir.smart.Interaction;
import org.springframework.beans.factory.ObjectProvider;

/** Resources beside AuditEvents, as far as role, scopes and consents let the requester see them. */
final class GatedResources implements StoredResources {
    private static final int MOST = 200;

    private final OwnerIndex index;
    private final ResourceAccess access;
    private final ObjectProvider<DaoRegistry> daos;

    GatedResources(OwnerIndex index, ResourceAccess access, ObjectProvider<DaoRegistry> daos) {
        this.index = index;
        this.access = access;
        this.daos = daos;
    }

    @Override
    public List<Resource> visible(Collection<String> references, RequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        Map<String, Ownership> owners = index.findAll(references);
        owners.values().removeIf(Ownership::deleted);
        Map<String, TokenOrListParam> ids = new TreeMap<>();
        access.visible(exchange, owners).forEach(reference -> {
            String type = reference.substring(0, reference.indexOf('/'));
            if (RoleRules.allow(exchange.requester().roles(), type, Interaction.READ)
                    && ScopeBound.allows(exchange.requester(), type, Interaction.READ)) {
                ids.computeIfAbsent(type, key -> new TokenOrListParam())
                        .add(new TokenParam(reference.substring(type.length() + 1)));
            }
        });
        Map<String, Resource> found = new TreeMap<>();
        ids.forEach((type, wanted) -> {
            SearchParameterMap parameters = SearchParameterMap.newSynchronous();
            parameters.add("_id", wanted);
            parameters.setCount(MOST);
            for (Object loaded : daos.getObject().getResourceDao(type).searchForResources(parameters, request)) {
                IBaseResource resource = (IBaseResource) loaded;
                found.put(type + "/" + resource.getIdElement().getIdPart(), (Resource) resource);
            }
        });
        return List.copyOf(found.values());
    }

    @Override
    public Set<String> patientsWith(String token) {
        TokenParam identifier = new TokenParam();
        identifier.setValueAsQueryToken(null, "identifier", null, token);
        SearchParameterMap parameters = SearchParameterMap.newSynchronous();
        parameters.add("identifier", identifier);
        parameters.setCount(MOST);
        Set<String> patients = new TreeSet<>();
        for (Object loaded : daos.getObject()
                .getResourceDao("Patient")
                .searchForResources(parameters, SystemRequestDetails.forAllPartitions())) {
            patients.add(((IBaseResource) loaded).getIdElement().getIdPart());
        }
        return patients;
    }
}
