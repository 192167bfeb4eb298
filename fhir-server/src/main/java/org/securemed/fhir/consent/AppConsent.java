package org.securemed.fhir.consent;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Date;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.Device;
import org.hl7.fhir.r4.model.Reference;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.smart.AppConsents;
import org.securemed.fhir.smart.Scope;
import org.securemed.fhir.smart.ScopeSet;
import org.securemed.fhir.smart.SensitiveTopic;

/** The FHIR Consent that an app's authorization is, and the Device that stands for the app in it. */
final class AppConsent {
    static final String CATEGORIES = "https://securemed.org/fhir/CodeSystem/consent-category";
    static final String CATEGORY = "app-authorization";
    /** The policy by which such a Consent is read: {@code docs/smart.md}. */
    static final String POLICY = "https://securemed.org/policy/app-authorization";

    private static final String PATRQT = "PATRQT";
    private static final String ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    private static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9\\-.]{1,60}");

    private AppConsent() {}

    /** Whether a Consent says of itself that it is one. */
    static boolean is(Consent consent) {
        return consent.getCategory().stream().anyMatch(category -> category.hasCoding(CATEGORIES, CATEGORY));
    }

    /**
     * The Device that is the app, {@code Device/app-…}: not {@code Device/<client id>}, which in a Consent means
     * whoever uses that client, while a patient lets the app work for themselves only.
     */
    static String device(String clientId) {
        return "Device/app-"
                + (ID.matcher(clientId).matches()
                        ? clientId
                        : sha256(clientId.getBytes(StandardCharsets.UTF_8)).substring(0, 40));
    }

    /**
     * The Device that is the app as a user lets it work. For whoever acts for a patient it is one of their own, so that
     * what they allow an app neither replaces nor widens what the patient, or somebody else, allows it.
     *
     * @param user relative reference
     */
    static String device(String clientId, @Nullable String user) {
        return user == null || user.startsWith("Patient/")
                ? device(clientId)
                : "Device/app-"
                        + sha256((clientId + "\n" + user).getBytes(StandardCharsets.UTF_8))
                                .substring(0, 40);
    }

    static Device device(AppConsents.App app, @Nullable String user, String issuer) {
        Device device = new Device();
        device.setId(device(app.clientId(), user).substring("Device/".length()));
        device.addIdentifier().setSystem(issuer).setValue(app.clientId());
        device.setStatus(Device.FHIRDeviceStatus.ACTIVE);
        device.addDeviceName().setName(app.name()).setType(Device.DeviceNameType.USERFRIENDLYNAME);
        if (app.publisher() != null) {
            device.setManufacturer(app.publisher());
        }
        return device;
    }

    /**
     * What a person granted, in FHIR's words; the scopes themselves are the text that was agreed to.
     *
     * @param patient logical id of the Patient whose consent it is
     */
    static Consent of(AppConsents.Granted granted, String patient) {
        Consent consent = new Consent();
        consent.setStatus(Consent.ConsentState.ACTIVE);
        consent.setScope(new CodeableConcept(new Coding(
                "http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Privacy Consent")));
        consent.addCategory(new CodeableConcept(new Coding("http://loinc.org", "59284-0", "Consent Document")));
        consent.addCategory(new CodeableConcept(new Coding(CATEGORIES, CATEGORY, "Authorization of an app"))
                .setText(granted.app().name()));
        consent.setPatient(new Reference("Patient/" + patient));
        consent.setDateTime(Date.from(java.time.Instant.now()));
        consent.addPerformer(new Reference(granted.user().fhirUser()));
        if (granted.user().organization() != null) {
            consent.addOrganization(new Reference(granted.user().organization()));
        }
        byte[] answer = answer(granted).getBytes(StandardCharsets.UTF_8);
        consent.getSourceAttachment()
                .setContentType("text/plain;charset=utf-8")
                .setTitle("Answer on the consent screen")
                .setData(answer);
        // The contract keeps the policy: so the ledger commits to each scope, also to what a provision cannot say.
        consent.addPolicy().setUri(POLICY + "#sha256-" + sha256(answer));
        consent.setProvision(provision(granted));
        return consent;
    }

    private static Consent.ProvisionComponent provision(AppConsents.Granted granted) {
        Consent.ProvisionComponent provision = new Consent.ProvisionComponent();
        provision.setType(Consent.ConsentProvisionType.PERMIT);
        if (granted.until() != null) {
            provision.getPeriod().setEnd(Date.from(granted.until()));
        }
        provision
                .addActor()
                .setRole(new CodeableConcept(new Coding(
                        "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient")))
                .setReference(new Reference(
                                device(granted.app().clientId(), granted.user().fhirUser()))
                        .setDisplay(granted.app().name()));
        provision.addPurpose(new Coding(ACT_REASON, PATRQT, "patient requested"));
        types(granted.scopes())
                .forEach(type -> provision.addClass_(new Coding("http://hl7.org/fhir/resource-types", type, type)));
        Consent.ProvisionComponent without = new Consent.ProvisionComponent();
        without.setType(Consent.ConsentProvisionType.DENY);
        for (SensitiveTopic topic : SensitiveTopic.values()) {
            if (!granted.sensitiveTopics().contains(topic)) {
                topic.codes().forEach(code -> without.addSecurityLabel(new Coding(ACT_CODE, code, null)));
            }
        }
        if (without.hasSecurityLabel()) {
            provision.addProvision(without);
        }
        return provision;
    }

    /** The types that the scopes reach; none if they reach all. */
    private static Set<String> types(ScopeSet scopes) {
        Set<String> types = resources(scopes).map(Scope.Resource::type).collect(Collectors.toCollection(TreeSet::new));
        return types.contains(Scope.Resource.ANY_TYPE) ? Set.of() : types;
    }

    /** Whether the scopes open any data. */
    static boolean opensData(ScopeSet scopes) {
        return resources(scopes).findAny().isPresent();
    }

    private static Stream<Scope.Resource> resources(ScopeSet scopes) {
        return scopes.scopes().stream()
                .flatMap(scope -> scope.fold(Stream::of, named -> Stream.<Scope.Resource>empty()));
    }

    private static String answer(AppConsents.Granted granted) {
        return """
                App: %s (client id %s)
                Publisher: %s
                Scopes: %s
                Sensitive topics included: %s
                Until: %s
                Ends also when the app gives it back, or when one of its tokens turns up twice.
                """.formatted(
                granted.app().name(),
                granted.app().clientId(),
                granted.app().publisher() == null ? "not known" : granted.app().publisher(),
                granted.scopes(),
                granted.sensitiveTopics().isEmpty()
                        ? "none"
                        : granted.sensitiveTopics().stream()
                                .map(SensitiveTopic::code)
                                .sorted()
                                .collect(Collectors.joining(" ")),
                granted.until() == null ? "ended by the person" : granted.until());
    }

    private static String sha256(byte[] octets) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(octets));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
