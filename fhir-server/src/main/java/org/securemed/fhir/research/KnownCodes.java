package org.securemed.fhir.research;

import ca.uhn.fhir.context.support.ConceptValidationOptions;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.CodeSystem;
import org.jspecify.annotations.Nullable;

/**
 * Codes that are the same everywhere, and so name a kind of thing and nobody in particular. Of HL7's own code systems
 * and the units each code is looked up; of the large terminologies, which are not at hand, its form is compared. Local
 * code systems are not among them: what a hospital numbers itself may be anything. Thread-safe.
 */
public final class KnownCodes {
    private static final int REMEMBERED = 50_000;
    private static final String UCUM = "http://unitsofmeasure.org";

    private static final Map<String, Pattern> FORMS = Map.ofEntries(
            form("http://loinc.org", "[0-9]{1,7}-[0-9]|L[APG][0-9]{1,7}-[0-9]"),
            form("http://snomed.info/sct", "[0-9]{6,18}"),
            form("http://www.nlm.nih.gov/research/umls/rxnorm", "[0-9]{1,8}"),
            form("http://hl7.org/fhir/sid/icd-10", "[A-Z][0-9]{2}(\\.[0-9]{1,2})?"),
            form("http://hl7.org/fhir/sid/icd-10-cm", "[A-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?"),
            form("http://www.cms.gov/Medicare/Coding/ICD10", "[0-9A-HJ-NP-Z]{7}"),
            form("http://hl7.org/fhir/sid/icd-9-cm", "[0-9EV][0-9]{2,3}(\\.[0-9]{1,2})?"),
            form("http://hl7.org/fhir/sid/cvx", "[0-9]{1,3}"),
            form("http://hl7.org/fhir/sid/mvx", "[A-Z]{2,3}"),
            form("http://hl7.org/fhir/sid/ndc", "[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2}"),
            form("http://www.whocc.no/atc", "[A-Z]([0-9]{2}([A-Z]([A-Z]([0-9]{2})?)?)?)?"),
            form("http://www.ama-assn.org/go/cpt", "[0-9]{4}[0-9FTUM]"),
            form("urn:oid:2.16.840.1.113883.6.238", "[0-9]{4}-[0-9]"));

    /** Small ones that HAPI knows as code, not as CodeSystem resources. */
    private static final Set<String> COMMON =
            Set.of(UCUM, "urn:iso:std:iso:4217", "urn:iso:std:iso:3166", "https://www.usps.com/");

    private static final List<String> OF_HL7 =
            List.of("http://terminology.hl7.org/CodeSystem/", "http://hl7.org/fhir/");

    private final IValidationSupport definitions;
    private final IValidationSupport common;
    private final Cache<String, Boolean> known =
            Caffeine.newBuilder().maximumSize(REMEMBERED).build();
    private final Cache<String, Optional<Set<String>>> codes =
            Caffeine.newBuilder().maximumSize(2000).build();

    /**
     * @param definitions the CodeSystems of R4 as HL7 publishes them, and nothing that was stored here
     * @param common knows units, currencies, countries and states
     */
    public KnownCodes(IValidationSupport definitions, IValidationSupport common) {
        this.definitions = definitions;
        this.common = common;
    }

    /** Whether it is a code of a known system. */
    public boolean contains(@Nullable String system, @Nullable String code) {
        if (system == null || code == null || code.length() > 64 || system.length() > 128) {
            return false;
        }
        Pattern form = FORMS.get(system);
        if (form != null) {
            return form.matcher(code).matches();
        }
        if (COMMON.contains(system)) {
            return known.get(system + "|" + code, key -> isCommon(system, code));
        }
        return OF_HL7.stream().anyMatch(system::startsWith)
                && codes.get(system, this::read)
                        .filter(all -> all.contains(code))
                        .isPresent();
    }

    /** Whether it is a unit of UCUM without any text of its own. */
    public boolean isUnit(@Nullable String system, @Nullable String code) {
        return UCUM.equals(system) && code != null && code.indexOf('{') < 0 && contains(system, code);
    }

    /** Whether it is a state of the USA by its two letters. */
    public boolean isState(@Nullable String state) {
        return contains("https://www.usps.com/", state);
    }

    private boolean isCommon(String system, String code) {
        IValidationSupport.CodeValidationResult result = common.validateCode(
                new ValidationSupportContext(common), new ConceptValidationOptions(), system, code, null, null);
        return result != null && result.isOk();
    }

    private Optional<Set<String>> read(String system) {
        if (!(definitions.fetchCodeSystem(system) instanceof CodeSystem found)) {
            return Optional.empty();
        }
        Set<String> all = new HashSet<>();
        collect(found.getConcept(), all);
        return Optional.of(all);
    }

    private static void collect(List<CodeSystem.ConceptDefinitionComponent> concepts, Set<String> all) {
        for (CodeSystem.ConceptDefinitionComponent concept : concepts) {
            all.add(concept.getCode());
            collect(concept.getConcept(), all);
        }
    }

    private static Map.Entry<String, Pattern> form(String system, String form) {
        return Map.entry(system, Pattern.compile(form));
    }
}
