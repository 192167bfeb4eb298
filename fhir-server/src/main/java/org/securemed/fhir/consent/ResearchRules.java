package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.api.Constants;
import ca.uhn.fhir.rest.api.RequestTypeEnum;
import ca.uhn.fhir.rest.api.RestOperationTypeEnum;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.securemed.fhir.research.KnownCodes;
import org.securemed.fhir.smart.GranularScopes;
import org.securemed.fhir.smart.Requester;

/**
 * What may be asked under a research purpose: reads and searches whose answers can be told under pseudonyms, by nothing
 * that would identify somebody. Each rule depends on the request and the token alone.
 */
final class ResearchRules {
    /** Types whose view is of use; all else is refused. */
    private static final Set<String> TYPES = Set.of(
            "Patient",
            "AdverseEvent",
            "AllergyIntolerance",
            "CarePlan",
            "ClinicalImpression",
            "Condition",
            "Device",
            "DeviceRequest",
            "DeviceUseStatement",
            "DiagnosticReport",
            "Encounter",
            "EpisodeOfCare",
            "FamilyMemberHistory",
            "Goal",
            "ImagingStudy",
            "Immunization",
            "Location",
            "Medication",
            "MedicationAdministration",
            "MedicationDispense",
            "MedicationRequest",
            "MedicationStatement",
            "NutritionOrder",
            "Observation",
            "Organization",
            "Practitioner",
            "PractitionerRole",
            "Procedure",
            "RiskAssessment",
            "ServiceRequest",
            "Specimen");

    /** References that a search may name, by pseudonym. */
    static final Set<String> REFERENCES = Set.of("patient", "subject", "encounter");

    /** Tokens that a search may name, as {@code system|code} of a known code system. */
    private static final Set<String> CODES = Set.of(
            "code",
            "category",
            "class",
            "clinical-status",
            "combo-code",
            "combo-value-concept",
            "component-code",
            "severity",
            "type",
            "vaccine-code",
            "value-concept",
            "verification-status");

    /** Tokens of required bindings, which have no system. */
    private static final Set<String> BARE_CODES = Set.of("gender", "intent", "status");

    private static final Set<String> PAGING = Set.of("_count", "_offset", "_format", "_pretty", "_total");
    private static final Pattern BARE_CODE = Pattern.compile("[a-z]+(-[a-z]+){0,4}");

    /** They look again at each type and each patient, and what they send is made by {@link ResearchView}. */
    private static final Set<String> EXPORTS = Set.of("$export", "$export-status", "$export-file");

    private final KnownCodes codes;

    ResearchRules(KnownCodes codes) {
        this.codes = codes;
    }

    /** Refuses what is not offered to research. */
    void check(Requester requester, RequestDetails request) {
        if (request.getRestOperationType() == RestOperationTypeEnum.METADATA) {
            return;
        }
        if (requester.researchStudy().isEmpty()) {
            throw Refusal.forbidden(
                    "study-missing", "The token names no research study; the client is registered without one.");
        }
        if (requester.launchPatient().isPresent()) {
            throw Refusal.notOffered("For research, ask for a token without a patient in context.");
        }
        requireNoConditions(request);
        if (isExport(request)) {
            export(request);
            return;
        }
        boolean read = request.getRestOperationType() == RestOperationTypeEnum.READ;
        boolean search = request.getRestOperationType() == RestOperationTypeEnum.SEARCH_TYPE;
        String type = request.getResourceName();
        if (!read && !search || type == null || !TYPES.contains(type)) {
            throw Refusal.notOffered("For research, read and search clinical types; docs/conformance.md names them.");
        }
        for (GranularScopes.Condition condition : ScopeBound.conditions(requester, type)) {
            condition.values().forEach(value -> requireCode(condition.name(), value));
        }
        for (Map.Entry<String, String[]> parameter : request.getParameters().entrySet()) {
            for (String value : parameter.getValue()) {
                check(parameter.getKey(), value, search);
            }
        }
    }

    private static void requireNoConditions(RequestDetails request) {
        for (String header :
                Set.of(Constants.HEADER_IF_NONE_MATCH, Constants.HEADER_IF_MODIFIED_SINCE, Constants.HEADER_IF_MATCH)) {
            if (request.getHeader(header) != null) {
                throw Refusal.notOffered("For research, ask without conditions in the header.");
            }
        }
    }

    /** Whether a request is part of a bulk export. */
    static boolean isExport(RequestDetails request) {
        return request.getOperation() != null && EXPORTS.contains(request.getOperation());
    }

    private static void export(RequestDetails request) {
        boolean group = request.getResourceName() != null && !"Patient".equals(request.getResourceName());
        if (group || request.getId() != null) {
            throw Refusal.notOffered("For research, export the system or Patient; there is no view of Groups.");
        }
        if (request.getRequestType() == RequestTypeEnum.POST) {
            throw Refusal.notOffered("For research, order an export by GET.");
        }
        if (request.getParameters().containsKey("_since")) {
            throw Refusal.notOffered("For research, export without _since: when something was stored is not told.");
        }
    }

    /** Whether resources of a type are shown to research, and the token's query for them is one it may ask. */
    boolean offers(Requester requester, String type) {
        return TYPES.contains(type)
                && ScopeBound.conditions(requester, type).stream()
                        .allMatch(condition ->
                                condition.values().stream().allMatch(value -> isCode(condition.name(), value)));
    }

    private void check(String name, String value, boolean search) {
        if (name.equals("_format") || name.equals("_pretty")) {
            return;
        }
        if (!search || value.indexOf('\\') >= 0) {
            throw notOffered();
        }
        if (PAGING.contains(name)
                || name.equals("_id")
                || isReference(name)
                || name.equals("_summary") && value.equals("count")) {
            return;
        }
        for (String one : value.split(",", -1)) {
            requireCode(name, one);
        }
    }

    /** Whether a search names patients or encounters by it. */
    static boolean isReference(String name) {
        int colon = name.indexOf(':');
        return REFERENCES.contains(colon < 0 ? name : name.substring(0, colon))
                && (colon < 0 || Set.of("Patient", "Encounter").contains(name.substring(colon + 1)));
    }

    private void requireCode(String name, String value) {
        if (!isCode(name, value)) {
            throw notOffered();
        }
    }

    private boolean isCode(String name, String value) {
        boolean bare = BARE_CODES.contains(name) && BARE_CODE.matcher(value).matches();
        int bar = value.indexOf('|');
        boolean known = (CODES.contains(name) || BARE_CODES.contains(name))
                && bar > 0
                && codes.contains(value.substring(0, bar), value.substring(bar + 1));
        return bare || known;
    }

    private static RuntimeException notOffered() {
        return Refusal.notOffered(
                "For research, search by patient, subject, encounter, _id, by status, gender or intent,"
                        + " or by system|code of a known code system; by no date, name, identifier or text.");
    }
}
