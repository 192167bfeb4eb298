package org.securemed.fhir.consent;

import ca.uhn.fhir.jpa.api.dao.DaoRegistry;
import ca.uhn.fhir.jpa.searchparam.SearchParameterMap;
import ca.uhn.fhir.model.valueset.BundleTypeEnum;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Patient;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.consent.PatientCriteria.Grade;
import org.securemed.fhir.problem.Outcomes;

/**
 * {@code POST Patient/$match}: who of the patients that have let the requester in is meant. Whoever hasn't is not
 * there; each answer says how to ask them, whether or not there is anybody to ask.
 *
 * @see <a href="https://hl7.org/fhir/R4/patient-operation-match.html">Patient $match</a>
 */
public final class PatientMatchProvider {
    private static final String GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade";
    private static final String HOW_TO_ASK =
            "Found are patients who have let you in, and nobody else. To ask a patient,"
                    + " whether or not there is one here, send the same resource to Patient/$request-access.";
    private static final int MOST = 100;
    private static final int DEFAULT_COUNT = 20;

    private final DaoRegistry daos;
    private final String baseUrl;

    PatientMatchProvider(DaoRegistry daos, String baseUrl) {
        this.daos = daos;
        this.baseUrl = baseUrl;
    }

    private record Match(Patient patient, Grade grade) {}

    /**
     * Matches.
     *
     * @param resource what is known of the patient
     * @param onlyCertainMatches whether to answer with nobody rather than with somebody who may be somebody else
     * @param count how many at most, 1 to 100
     * @return a searchset, the best match first, and how to ask for consent
     */
    @Operation(name = "$match", typeName = "Patient", bundleType = BundleTypeEnum.SEARCHSET)
    public Bundle match(
            @OperationParam(name = "resource", min = 1, max = 1) @Nullable Patient resource,
            @OperationParam(name = "onlyCertainMatches", min = 0, max = 1) @Nullable BooleanType onlyCertainMatches,
            @OperationParam(name = "count", min = 0, max = 1) @Nullable IntegerType count,
            RequestDetails request) {
        PatientCriteria criteria = new PatientCriteria(resource);
        int most = count == null || count.getValue() == null
                ? DEFAULT_COUNT
                : Math.max(1, Math.min(MOST, count.getValue()));
        List<Match> matches = graded(criteria, request);
        if (onlyCertainMatches != null && onlyCertainMatches.booleanValue()) {
            matches.removeIf(match -> match.grade() != Grade.CERTAIN);
        }
        Bundle bundle = new Bundle();
        bundle.setType(Bundle.BundleType.SEARCHSET);
        bundle.setTotal(matches.size());
        matches.stream().limit(most).forEach(match -> add(bundle, match));
        bundle.addEntry()
                .setResource(Outcomes.information(HOW_TO_ASK))
                .getSearch()
                .setMode(Bundle.SearchEntryMode.OUTCOME);
        return bundle;
    }

    private List<Match> graded(PatientCriteria criteria, RequestDetails request) {
        Map<String, Patient> found = new LinkedHashMap<>();
        for (SearchParameterMap search : criteria.searches()) {
            search.setLoadSynchronousUpTo(MOST);
            // Through the gate, as if it had been searched for.
            for (Object one : daos.getResourceDao(Patient.class).searchForResources(search, request)) {
                Patient patient = (Patient) one;
                found.put(patient.getIdElement().getIdPart(), patient);
            }
        }
        List<Match> matches = new ArrayList<>();
        found.values()
                .forEach(patient -> criteria.grade(patient).ifPresent(grade -> matches.add(new Match(patient, grade))));
        // If several are certain, none is.
        if (matches.stream().filter(match -> match.grade() == Grade.CERTAIN).count() > 1) {
            matches.replaceAll(
                    match -> match.grade() == Grade.CERTAIN ? new Match(match.patient(), Grade.PROBABLE) : match);
        }
        matches.sort(Comparator.comparing(Match::grade)
                .thenComparing(match -> match.patient().getIdElement().getIdPart()));
        return matches;
    }

    private void add(Bundle bundle, Match match) {
        Bundle.BundleEntryComponent entry = bundle.addEntry();
        entry.setFullUrl(baseUrl + "/Patient/" + match.patient().getIdElement().getIdPart());
        entry.setResource(match.patient());
        entry.getSearch()
                .setMode(Bundle.SearchEntryMode.MATCH)
                .setScore(new BigDecimal(match.grade().score()))
                .addExtension(GRADE, new CodeType(match.grade().code()));
    }
}
