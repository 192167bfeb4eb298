package org.securemed.fhir.consent;

import ca.uhn.fhir.interceptor.model.RequestPartitionId;
import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.api.dao.IFhirResourceDao;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.model.api.IQueryParameterType;
import ca.uhn.fhir.rest.api.server.SystemRequestDetails;
import ca.uhn.fhir.rest.param.DateParam;
import ca.uhn.fhir.rest.param.ParamPrefixEnum;
import ca.uhn.fhir.rest.param.StringParam;
import ca.uhn.fhir.rest.param.TokenParam;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.hl7.fhir.r4.model.Patient;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;

/**
 * Who can be meant by an identifier, or by name and birth date, among all patients, consented or not. What comes of it
 * leaves only as far as the gate permits: it spares a requester whom very many have let in the search through them all.
 */
final class PatientLookup {
    /** The most among whom one is sought. */
    private static final int MOST = 200;

    /** The most who are looked for among all patients. */
    private static final int MOST_MEANT = 20_000;

    private final ObjectProvider<DaoRegistry> daos;
    private final int mostMeant;

    PatientLookup(ObjectProvider<DaoRegistry> daos) {
        this(daos, MOST_MEANT);
    }

    /** @param mostMeant if demographics mean more, they are looked for among those alone who let the requester in */
    PatientLookup(ObjectProvider<DaoRegistry> daos, int mostMeant) {
        this.daos = daos;
        this.mostMeant = mostMeant;
    }

    /**
     * Logical ids of all whom the search can mean, or of all of them who let the requester in; empty if it doesn't say
     * enough of them.
     *
     * @param letIn partitions of those who let the requester in, in parts; asked if very many are meant
     */
    Optional<Set<String>> meantBy(SearchParameterMap parameters, Supplier<List<List<Integer>>> letIn) {
        SearchParameterMap demographics = SearchParameterMap.newSynchronous();
        boolean byIdentifier = copy(parameters, demographics, "identifier", PatientLookup::isWholeToken);
        boolean byBirth = copy(parameters, demographics, "birthdate", PatientLookup::isWholeDate);
        boolean byName = copy(parameters, demographics, "family", PatientLookup::isName)
                || copy(parameters, demographics, "name", PatientLookup::isName);
        if (!byIdentifier && !(byBirth && byName)) {
            return Optional.empty();
        }
        Set<String> found = all(demographics.clone(), mostMeant);
        if (found.size() > mostMeant) {
            // How many are hidden must not decide whether there is an answer.
            found.clear();
            for (List<Integer> partitions : letIn.get()) {
                found.addAll(in(RequestPartitionId.fromPartitionIds(partitions), demographics.clone()));
            }
        }
        return Optional.of(found);
    }

    /** Logical ids of at most {@value #MOST} patients and one more whom {@code demographics} finds. */
    Set<String> all(SearchParameterMap demographics) {
        return all(demographics, MOST);
    }

    private Set<String> all(SearchParameterMap demographics, int most) {
        demographics.setLoadSynchronousUpTo(most + 1);
        return in(RequestPartitionId.allPartitions(), demographics);
    }

    private Set<String> in(RequestPartitionId partitions, SearchParameterMap demographics) {
        IFhirResourceDao<Patient> dao = daos.getObject().getResourceDao(Patient.class);
        Set<String> ids = new LinkedHashSet<>();
        dao.searchForResourceIds(demographics, SystemRequestDetails.forRequestPartitionId(partitions))
                .forEach(id -> ids.add(id.getIdPart()));
        return ids;
    }

    /** Copies what all of a parameter's values allow; false if there is none, or one that doesn't. */
    private static boolean copy(
            SearchParameterMap from, SearchParameterMap into, String name, Predicate<IQueryParameterType> allows) {
        @Nullable List<List<IQueryParameterType>> conjuncts = from.get(name);
        if (conjuncts == null || conjuncts.isEmpty()) {
            return false;
        }
        boolean all = conjuncts.stream()
                .allMatch(any -> !any.isEmpty() && any.stream().allMatch(allows));
        if (all) {
            into.put(name, conjuncts);
        }
        return all;
    }

    private static boolean isPlain(IQueryParameterType value) {
        return value.getMissing() == null
                && (value.getQueryParameterQualifier() == null
                        || value.getQueryParameterQualifier().isEmpty()
                        || value.getQueryParameterQualifier().equals(":exact"));
    }

    private static boolean isWholeToken(IQueryParameterType value) {
        return isPlain(value)
                && value instanceof TokenParam token
                && token.getValue() != null
                && !token.getValue().isBlank();
    }

    private static boolean isWholeDate(IQueryParameterType value) {
        return isPlain(value)
                && value instanceof DateParam date
                && (date.getPrefix() == null || date.getPrefix() == ParamPrefixEnum.EQUAL)
                && date.getValueAsString().length() >= "2000-01-01".length();
    }

    private static boolean isName(IQueryParameterType value) {
        return isPlain(value)
                && value instanceof StringParam name
                && name.getValue() != null
                && name.getValue().length() > 1;
    }
}
