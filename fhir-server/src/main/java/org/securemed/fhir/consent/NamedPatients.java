package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.model.api.IQueryParameterType;
import ca.uhn.fhir.rest.param.ReferenceParam;
import ca.uhn.fhir.rest.param.StringParam;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The patients that a search names outright, so that nobody else's partition needs to be looked at. */
final class NamedPatients {
    private static final Set<String> PATIENT_PARAMETERS = Set.of("patient", "subject", "beneficiary");

    private NamedPatients() {}

    /**
     * Logical ids of the patients to whom the answer is limited by {@code patient}, {@code subject} or (for Patient)
     * {@code _id}. Empty if it is limited to nobody in particular.
     */
    static Set<String> in(@Nullable String type, SearchParameterMap parameters) {
        Set<String> ids = new LinkedHashSet<>();
        if ("Patient".equals(type)) {
            addAll(parameters.get("_id"), ids);
            return ids;
        }
        for (String parameter : PATIENT_PARAMETERS) {
            if (addAll(parameters.get(parameter), ids)) {
                return ids;
            }
        }
        return ids;
    }

    /** Logical ids to which {@code _id} limits the answer; empty if it doesn't. */
    static Set<String> ids(SearchParameterMap parameters) {
        Set<String> ids = new LinkedHashSet<>();
        addAll(parameters.get("_id"), ids);
        return ids;
    }

    /** Adds the ids of the first conjunct all of whose alternatives name a patient; false if there is none. */
    private static boolean addAll(@Nullable List<List<IQueryParameterType>> conjuncts, Set<String> ids) {
        if (conjuncts == null) {
            return false;
        }
        for (List<IQueryParameterType> alternatives : conjuncts) {
            Set<String> found = new LinkedHashSet<>();
            for (IQueryParameterType alternative : alternatives) {
                String id = patientId(alternative);
                if (id == null) {
                    found.clear();
                    break;
                }
                found.add(id);
            }
            if (!found.isEmpty()) {
                ids.addAll(found);
                return true;
            }
        }
        return false;
    }

    private static @Nullable String patientId(IQueryParameterType parameter) {
        if (parameter.getMissing() != null
                || parameter.getQueryParameterQualifier() != null
                        && !parameter.getQueryParameterQualifier().isEmpty()
                        && !parameter.getQueryParameterQualifier().equals(":Patient")) {
            return null;
        }
        if (parameter instanceof ReferenceParam reference) {
            boolean patient = reference.getResourceType() == null
                    || reference.getResourceType().equals("Patient");
            return patient && reference.getChain() == null ? blankToNull(reference.getIdPart()) : null;
        }
        if (parameter instanceof TokenParam token) {
            return token.getSystem() == null || token.getSystem().isEmpty() ? idPart(token.getValue()) : null;
        }
        return parameter instanceof StringParam string ? idPart(string.getValue()) : null;
    }

    private static @Nullable String idPart(@Nullable String value) {
        return value == null ? null : blankToNull(value.startsWith("Patient/") ? value.substring(8) : value);
    }

    private static @Nullable String blankToNull(@Nullable String value) {
        return value == null || value.isBlank() ? null : value;
    }
}
