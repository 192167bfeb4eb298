package org.securemed.fhir.audit;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.MetadataResource;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * The profiles of IHE BALP as a judge of AuditEvents, if {@code -Dsecuremed.ig.dir} names the folder that has them in
 * {@code balp}; otherwise FHIR R4 alone judges.
 */
public final class Balp {
    private static final FhirContext FHIR = FhirContext.forR4Cached();
    private static final FhirValidator VALIDATOR = validator();

    private Balp() {}

    /** Whether the profiles are there. */
    static boolean isPresent() {
        return !System.getProperty("securemed.ig.dir", "").isEmpty();
    }

    /** What is wrong with an event, judged by FHIR and by each profile that it claims. */
    public static List<String> errors(AuditEvent event) {
        String json = FHIR.newJsonParser().encodeResourceToString(event);
        return VALIDATOR.validateWithResult(json).getMessages().stream()
                .filter(message -> message.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0)
                .map(message -> message.getLocationString() + ": " + message.getMessage())
                .toList();
    }

    private static FhirValidator validator() {
        PrePopulatedValidationSupport profiles = new PrePopulatedValidationSupport(FHIR);
        if (isPresent()) {
            try (Stream<Path> files = Files.list(Path.of(System.getProperty("securemed.ig.dir"), "balp"))) {
                files.filter(file ->
                                file.getFileName().toString().matches("(StructureDefinition|ValueSet|CodeSystem)-.*"))
                        .map(Balp::resource)
                        .forEach(resource -> profiles.addResource((MetadataResource) resource));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        ValidationSupportChain chain = new ValidationSupportChain(
                new DefaultProfileValidationSupport(FHIR),
                profiles,
                new SnapshotGeneratingValidationSupport(FHIR),
                new CommonCodeSystemsTerminologyService(FHIR),
                new InMemoryTerminologyServerValidationSupport(FHIR));
        FhirInstanceValidator instances = new FhirInstanceValidator(chain);
        instances.setErrorForUnknownProfiles(isPresent());
        instances.setAnyExtensionsAllowed(true);
        instances.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        FhirValidator validator = FHIR.newValidator();
        validator.registerValidatorModule(instances);
        return validator;
    }

    private static Resource resource(Path file) {
        try {
            return (Resource) FHIR.newJsonParser().parseResource(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
