package org.securemed.fhir.consent.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StructureDefinition;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.consent.translate.PcfProfile.Deviation;

/** What a Consent has to be that claims a profile of IHE PCF. */
class PcfProfileTest {
    private static final FhirContext FHIR = FhirContext.forR4Cached();
    private static final Path EXAMPLES = Path.of("src/test/resources/pcf");
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

    /** Changes to a good Consent, by the element that is then wrong; an empty name for a change that does no harm. */
    private static final Map<String, Consumer<Consent>> CHANGES = new LinkedHashMap<>();

    static {
        CHANGES.put("", consent -> consent.getProvision().addPurpose(new Coding(ACT_REASON, "PUBHLTH", null)));
        CHANGES.put(
                "Consent.scope",
                consent -> consent.setScope(new CodeableConcept(
                        new Coding("http://terminology.hl7.org/CodeSystem/consentscope", "adr", null))));
        CHANGES.put("Consent.dateTime", consent -> consent.setDateTime(null));
        CHANGES.put("Consent.performer", consent -> consent.setPerformer(null));
        CHANGES.put("Consent.organization", consent -> consent.setOrganization(null));
        CHANGES.put("Consent.source", consent -> consent.setSource(null));
        CHANGES.put("Consent.verification", consent -> consent.addVerification().setVerified(true));
        CHANGES.put("Consent.provision", consent -> consent.setProvision(null));
        CHANGES.put("Consent.provision.type", consent -> consent.getProvision().setType(null));
        CHANGES.put(
                "Consent.provision.actor[0].role",
                consent -> consent.getProvision()
                        .addActor()
                        .setRole(new CodeableConcept(
                                new Coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "CST", null)))
                        .setReference(new Reference("Practitioner/ex-practitioner")));
        CHANGES.put(
                "Consent.provision.action",
                consent -> consent.getProvision()
                        .addAction(new CodeableConcept(
                                new Coding("http://terminology.hl7.org/CodeSystem/consentaction", "access", null))));
        CHANGES.put(
                "Consent.provision.class",
                consent -> consent.getProvision()
                        .addClass_(new Coding("http://hl7.org/fhir/resource-types", "Observation", null)));
        CHANGES.put(
                "Consent.provision.code",
                consent -> consent.getProvision()
                        .addCode(new CodeableConcept(new Coding("http://loinc.org", "718-7", null))));
    }

    @Test
    void every_example_is_what_it_claims_to_be() throws IOException {
        List<Consent> examples = examples();
        assertThat(examples).hasSize(23).allSatisfy(example -> {
            assertThat(example.getMeta().getProfile()).isNotEmpty();
            assertThat(PcfProfile.deviations(example)).isEmpty();
        });
    }

    @Test
    void each_element_that_a_profile_asks_for_or_forbids_is_looked_at() throws IOException {
        for (PcfProfile profile : PcfProfile.values()) {
            CHANGES.forEach((element, change) -> {
                Consent consent = claiming(profile);
                change.accept(consent);
                List<String> expressions = PcfProfile.deviations(consent).stream()
                        .map(Deviation::expression)
                        .toList();
                assertThat(expressions)
                        .as(profile + " " + element)
                        .containsExactlyElementsOf(element.isEmpty() ? List.of() : List.of(element));
            });
        }
    }

    @Test
    void each_profile_allows_more_than_the_one_before() {
        Consumer<Consent> dated =
                consent -> consent.getProvision().getDataPeriod().setStart(new java.util.Date());
        Consumer<Consent> labelled = consent -> consent.getProvision()
                .addSecurityLabel(new Coding("http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "N", null));
        Consumer<Consent> nested =
                consent -> consent.getProvision().addProvision().setType(Consent.ConsentProvisionType.DENY);

        assertThat(lacking(PcfProfile.BASIC, dated)).containsExactly("Consent.provision.dataPeriod");
        assertThat(lacking(PcfProfile.INTERMEDIATE, dated)).isEmpty();
        assertThat(lacking(PcfProfile.BASIC, nested)).containsExactly("Consent.provision.provision");
        assertThat(lacking(PcfProfile.INTERMEDIATE, nested)).isEmpty();
        assertThat(lacking(PcfProfile.INTERMEDIATE, labelled)).containsExactly("Consent.provision.securityLabel");
        assertThat(lacking(PcfProfile.ADVANCED, labelled)).isEmpty();
        assertThat(lacking(
                        PcfProfile.ADVANCED,
                        consent -> consent.getProvision()
                                .addProvision()
                                .addProvision()
                                .setType(Consent.ConsentProvisionType.DENY)))
                .containsExactly("Consent.provision.provision[0].provision");
        assertThat(lacking(PcfProfile.INTERMEDIATE, consent -> data(consent, "dependents", "Encounter/1")))
                .containsExactly("Consent.provision.data[0].meaning");
        assertThat(lacking(PcfProfile.INTERMEDIATE, consent -> data(consent, "related", "Observation/1")))
                .containsExactly("Consent.provision.data[0].reference");
        assertThat(lacking(PcfProfile.INTERMEDIATE, consent -> data(consent, "authoredby", "Encounter/1")))
                .containsExactly("Consent.provision.data[0].reference");
    }

    @Test
    void who_claims_no_profile_of_pcf_is_held_to_none() {
        Consent consent = new Consent();
        consent.getMeta().addProfile("https://example.org/another");
        assertThat(PcfProfile.deviations(consent)).isEmpty();
        consent.getMeta().addProfile(PcfProfile.BASIC.url() + "|1.1.0");
        assertThat(PcfProfile.deviations(consent)).isNotEmpty().hasSizeLessThanOrEqualTo(20);
    }

    /** With the guide's own definitions at hand: {@code -Dsecuremed.ig.dir=…}. */
    @Test
    void the_validator_of_hapi_says_the_same() throws IOException {
        String guide = System.getProperty("securemed.ig.dir", "");
        assumeThat(guide).isNotEmpty();
        FhirValidator validator = validator(Path.of(guide, "pcf"));
        List<Consent> cases = new ArrayList<>(examples());
        for (PcfProfile profile : PcfProfile.values()) {
            for (Consumer<Consent> change : CHANGES.values()) {
                Consent consent = claiming(profile);
                change.accept(consent);
                cases.add(consent);
            }
        }
        for (Consent one : cases) {
            String text = FHIR.newJsonParser().encodeResourceToString(one);
            List<String> errors = validator.validateWithResult(text).getMessages().stream()
                    .filter(message -> message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0)
                    .map(message -> message.getLocationString() + ": " + message.getMessage())
                    .toList();
            assertThat(errors.isEmpty())
                    .as(text + "\n" + String.join("\n", errors))
                    .isEqualTo(PcfProfile.deviations(one).isEmpty());
        }
    }

    private static FhirValidator validator(Path guide) throws IOException {
        PrePopulatedValidationSupport published = new PrePopulatedValidationSupport(FHIR);
        try (Stream<Path> files = Files.list(guide)) {
            for (Path file : files.filter(
                            name -> name.getFileName().toString().startsWith("StructureDefinition-IHE.PCF.consent"))
                    .toList()) {
                published.addStructureDefinition(
                        FHIR.newJsonParser().parseResource(StructureDefinition.class, Files.readString(file)));
            }
        }
        ValidationSupportChain chain = new ValidationSupportChain(
                new DefaultProfileValidationSupport(FHIR),
                published,
                new InMemoryTerminologyServerValidationSupport(FHIR),
                new CommonCodeSystemsTerminologyService(FHIR),
                new SnapshotGeneratingValidationSupport(FHIR),
                new UnknownCodeSystemWarningValidationSupport(FHIR));
        FhirInstanceValidator instances = new FhirInstanceValidator(chain);
        instances.setAnyExtensionsAllowed(true);
        instances.setErrorForUnknownProfiles(false);
        return FHIR.newValidator().registerValidatorModule(instances);
    }

    private static List<String> lacking(PcfProfile profile, Consumer<Consent> change) {
        Consent consent = claiming(profile);
        change.accept(consent);
        return PcfProfile.deviations(consent).stream()
                .map(Deviation::expression)
                .toList();
    }

    private static void data(Consent consent, String meaning, String reference) {
        consent.getProvision()
                .addData()
                .setMeaning(Consent.ConsentDataMeaning.fromCode(meaning))
                .setReference(new Reference(reference));
    }

    private static Consent claiming(PcfProfile profile) {
        try {
            Consent consent = (Consent) FHIR.newJsonParser()
                    .parseResource(Files.readString(EXAMPLES.resolve("Consent-ex-consent-basic-treat.json")));
            consent.getMeta().setProfile(new ArrayList<>()).addProfile(profile.url());
            return consent;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Consent> examples() throws IOException {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            List<Consent> consents = new ArrayList<>();
            for (Path file : files.filter(name -> name.getFileName().toString().startsWith("Consent-"))
                    .sorted()
                    .toList()) {
                consents.add((Consent) FHIR.newJsonParser().parseResource(Files.readString(file)));
            }
            return consents;
        }
    }
}
