package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.extractor.ISearchParamExtractor;
import ca.uhn.fhir.jpa.searchparam.extractor.PathAndRef;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.instance.model.api.IIdType;
import org.springframework.beans.factory.ObjectProvider;

/** What resources refer to on this server, by search parameter. Thread-safe. */
final class LocalReferences {
    private final ObjectProvider<ISearchParamExtractor> extractor;
    private final String baseUrl;

    LocalReferences(ObjectProvider<ISearchParamExtractor> extractor, String baseUrl) {
        this.extractor = extractor;
        this.baseUrl = baseUrl;
    }

    /** The targets, {@code Type/id}, of a parameter of references; whether they are here is another matter. */
    List<String> of(IBaseResource source, String parameter) {
        List<String> targets = new ArrayList<>();
        for (PathAndRef link : extractor.getObject().extractResourceLinks(source, false)) {
            if (!parameter.equals(link.getSearchParamName()) || link.getRef() == null) {
                continue;
            }
            IIdType target = link.getRef().getReferenceElement();
            boolean local = target.hasResourceType()
                    && target.hasIdPart()
                    && (!target.hasBaseUrl() || baseUrl.equals(target.getBaseUrl()));
            if (local) {
                targets.add(target.getResourceType() + "/" + target.getIdPart());
            }
        }
        return targets;
    }
}
