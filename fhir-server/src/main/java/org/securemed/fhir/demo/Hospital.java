package org.securemed.fhir.demo;

import java.util.List;
import org.hl7.fhir.r4.model.Address;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.ContactPoint;
import org.hl7.fhir.r4.model.Enumerations.AdministrativeGender;
import org.hl7.fhir.r4.model.HumanName;
import org.hl7.fhir.r4.model.Identifier;
import org.hl7.fhir.r4.model.Location;
import org.hl7.fhir.r4.model.Organization;
import org.hl7.fhir.r4.model.Practitioner;
import org.hl7.fhir.r4.model.PractitionerRole;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;

/**
 * What all patients share: two organizations, their staff and their places, with ids that never change, so that tokens,
 * documents and tests can name them.
 */
public final class Hospital {
    /** System of medical record numbers. */
    public static final String MRN_SYSTEM = "https://securemed.example/mrn";

    /** System of staff numbers. */
    public static final String STAFF_SYSTEM = "https://securemed.example/staff";

    /** System of a made-up national health number; 2.999 is the arc that ISO reserves for examples. */
    public static final String HEALTH_NUMBER_SYSTEM = "urn:oid:2.999.1.40.1";

    /** The custodian: a general hospital. */
    public static final String HOSPITAL = "Organization/riverside-hospital";

    /** A practice of general medicine, another organization, which refers to the hospital. */
    public static final String PRACTICE = "Organization/harbour-practice";

    /** Internist at the hospital: the physician of the demonstration. */
    public static final String PHYSICIAN = "Practitioner/amara-okafor";

    /** A second physician at the hospital, cardiologist, whom no patient of the demonstration has named. */
    public static final String OTHER_PHYSICIAN = "Practitioner/jonas-lindqvist";

    /** Psychiatrist at the hospital. */
    public static final String PSYCHIATRIST = "Practitioner/miriam-halevi";

    /** General practitioner at the practice. */
    public static final String GENERAL_PRACTITIONER = "Practitioner/tomas-herrera";

    /** Nurse on the medical ward. */
    public static final String NURSE = "Practitioner/linh-tran";

    /** System administrator: no treatment relationship. */
    public static final String ADMINISTRATOR = "Practitioner/petra-novak";

    /** Compliance officer: reads the audit trail. */
    public static final String COMPLIANCE_OFFICER = "Practitioner/samuel-adeyemi";

    static final String OUTPATIENTS = "Location/riverside-outpatients";
    static final String EMERGENCY = "Location/riverside-emergency";
    static final String WARD = "Location/riverside-ward-3";
    static final String LABORATORY = "Organization/riverside-laboratory";

    private static final List<Staff> STAFF = List.of(
            new Staff(PHYSICIAN, "Dr.", "Amara", "Okafor", "physician", Coded.snomed("419192003", "Internal medicine")),
            new Staff(
                    OTHER_PHYSICIAN, "Dr.", "Jonas", "Lindqvist", "physician", Coded.snomed("394579002", "Cardiology")),
            new Staff(PSYCHIATRIST, "Dr.", "Miriam", "Halevi", "physician", Coded.snomed("394587001", "Psychiatry")),
            new Staff(
                    GENERAL_PRACTITIONER,
                    "Dr.",
                    "Tomás",
                    "Herrera",
                    "physician",
                    Coded.snomed("394814009", "General practice")),
            new Staff(NURSE, "", "Linh", "Tran", "nurse", Coded.snomed("419192003", "Internal medicine")),
            new Staff(
                    ADMINISTRATOR,
                    "",
                    "Petra",
                    "Novák",
                    "administrator",
                    Coded.snomed("224608005", "Administrative healthcare staff")),
            new Staff(
                    COMPLIANCE_OFFICER,
                    "",
                    "Samuel",
                    "Adeyemi",
                    "compliance",
                    Coded.snomed("224608005", "Administrative healthcare staff")));

    private Hospital() {}

    /**
     * One member of staff.
     *
     * @param id reference to the Practitioner
     * @param role code of the role that tokens carry
     */
    private record Staff(String id, String prefix, String given, String family, String role, Coded specialty) {

        String organization() {
            return id.equals(GENERAL_PRACTITIONER) ? PRACTICE : HOSPITAL;
        }

        Practitioner practitioner(int number) {
            Practitioner practitioner = new Practitioner();
            practitioner.setId(id);
            practitioner
                    .setActive(true)
                    .addIdentifier(new Identifier()
                            .setSystem(STAFF_SYSTEM)
                            .setValue("S-%04d".formatted(1001 + number))
                            .setType(new CodeableConcept(Coded.hl7("v2-0203", "EI", "Employee number")
                                    .coding())));
            HumanName name = practitioner
                    .addName()
                    .setUse(HumanName.NameUse.OFFICIAL)
                    .setFamily(family)
                    .addGiven(given);
            if (!prefix.isEmpty()) {
                name.addPrefix(prefix);
            }
            practitioner
                    .addTelecom()
                    .setSystem(ContactPoint.ContactPointSystem.EMAIL)
                    .setUse(ContactPoint.ContactPointUse.WORK)
                    .setValue(id.substring("Practitioner/".length()) + "@riverside.example");
            practitioner.setGender(
                    List.of("Jonas", "Tomás", "Samuel").contains(given)
                            ? AdministrativeGender.MALE
                            : AdministrativeGender.FEMALE);
            return practitioner;
        }

        PractitionerRole practitionerRole() {
            PractitionerRole practitionerRole = new PractitionerRole();
            practitionerRole.setId("PractitionerRole/" + id.substring("Practitioner/".length()));
            practitionerRole
                    .setActive(true)
                    .setPractitioner(new Reference(id))
                    .setOrganization(new Reference(organization()))
                    .addCode(new CodeableConcept().setText(role).addCoding(roleCode()))
                    .addSpecialty(specialty.concept());
            if (organization().equals(HOSPITAL)) {
                practitionerRole.addLocation(new Reference(role.equals("nurse") ? WARD : OUTPATIENTS));
            }
            return practitionerRole;
        }

        private org.hl7.fhir.r4.model.Coding roleCode() {
            return switch (role) {
                case "physician" ->
                    Coded.hl7("practitioner-role", "doctor", "Doctor").coding();
                case "nurse" -> Coded.hl7("practitioner-role", "nurse", "Nurse").coding();
                default ->
                    Coded.hl7("practitioner-role", "ict", "ICT professional").coding();
            };
        }
    }

    static Bundle bundle() {
        Bundle bundle = new Bundle().setType(Bundle.BundleType.TRANSACTION);
        put(bundle, organization(HOSPITAL, "Riverside General Hospital", "prov", "Healthcare Provider", null));
        put(bundle, organization(LABORATORY, "Riverside Laboratory", "dept", "Hospital Department", HOSPITAL));
        put(bundle, organization(PRACTICE, "Harbour Street Practice", "prov", "Healthcare Provider", null));
        put(bundle, location(OUTPATIENTS, "Outpatient clinic", "OF", "Outpatient facility"));
        put(bundle, location(EMERGENCY, "Emergency department", "ER", "Emergency room"));
        put(bundle, location(WARD, "Ward 3, internal medicine", "HU", "Hospital unit"));
        for (int i = 0; i < STAFF.size(); i++) {
            put(bundle, STAFF.get(i).practitioner(i));
            put(bundle, STAFF.get(i).practitionerRole());
        }
        return bundle;
    }

    private static Organization organization(
            String id, String name, String type, String display, @org.jspecify.annotations.Nullable String partOf) {
        Organization organization = new Organization();
        organization.setId(id);
        organization
                .setActive(true)
                .setName(name)
                .addType(Coded.hl7("organization-type", type, display).concept())
                .addIdentifier(new Identifier()
                        .setSystem("https://securemed.example/organization")
                        .setValue(id.substring("Organization/".length())));
        organization.addAddress(
                new Address().addLine("1 Example Quay").setCity("Port Example").setCountry("XX"));
        if (partOf != null) {
            organization.setPartOf(new Reference(partOf));
        }
        return organization;
    }

    private static Location location(String id, String name, String type, String display) {
        Location location = new Location();
        location.setId(id);
        return location.setStatus(Location.LocationStatus.ACTIVE)
                .setName(name)
                .setMode(Location.LocationMode.INSTANCE)
                .addType(Coded.hl7("v3-RoleCode", type, display).concept())
                .setManagingOrganization(new Reference(HOSPITAL));
    }

    private static void put(Bundle bundle, Resource resource) {
        // The id is a relative reference here; in the resource itself only its last part is kept.
        String reference = resource.getId();
        resource.setId(reference.substring(reference.indexOf('/') + 1));
        bundle.addEntry()
                .setFullUrl("https://securemed.example/fhir/" + reference)
                .setResource(resource)
                .getRequest()
                .setMethod(Bundle.HTTPVerb.PUT)
                .setUrl(reference);
    }
}
