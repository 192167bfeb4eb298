package org.securemed.fhir.audit;

import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;

/** Codes of AuditEvents: DICOM's, HL7's and IHE BALP's, and a few of our own where these have none. */
final class AuditCodes {
    static final String BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/";
    static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
    static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    static final String INTERACTION = "http://hl7.org/fhir/restful-interaction";
    static final String USER_AGENT_TYPES = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes";

    /** v3-ActReason: break the glass. */
    static final String BREAK_GLASS = "BTG";

    /** Our own subtypes. */
    static final String OWN = "https://securemed.org/fhir/CodeSystem/audit-subtype";

    /** Names of operations, {@code $} included, as second subtypes. */
    static final String OPERATION = "https://securemed.org/fhir/CodeSystem/operation";

    private static final String PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private static final String ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private static final String ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role";

    private AuditCodes() {}

    static Coding rest() {
        return new Coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "RESTful Operation");
    }

    static Coding dicom(String code, String display) {
        return new Coding(DCM, code, display);
    }

    static Coding application() {
        return dicom("110150", "Application");
    }

    static Coding destination() {
        return dicom("110152", "Destination Role ID");
    }

    static Coding source() {
        return dicom("110153", "Source Role ID");
    }

    static Coding custodian() {
        return new Coding(
                "http://terminology.hl7.org/CodeSystem/provenance-participant-type", "custodian", "Custodian");
    }

    static Coding recipient() {
        return new Coding(PARTICIPATION, "IRCP", "information recipient");
    }

    static Coding author() {
        return new Coding(PARTICIPATION, "AUT", "author (originator)");
    }

    static Coding informant() {
        return new Coding(PARTICIPATION, "INF", "informant");
    }

    static Coding provider() {
        return new Coding("http://terminology.hl7.org/CodeSystem/v3-RoleClass", "PROV", "healthcare provider");
    }

    static Coding securityRole(String code) {
        return new Coding("http://terminology.hl7.org/CodeSystem/extra-security-role-type", code, null);
    }

    static Coding person() {
        return new Coding(ENTITY_TYPE, "1", "Person");
    }

    static Coding systemObject() {
        return new Coding(ENTITY_TYPE, "2", "System Object");
    }

    static Coding role(String code, String display) {
        return new Coding(ENTITY_ROLE, code, display);
    }

    static Coding requestId() {
        return new Coding("https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", null);
    }

    static CodeableConcept purpose(String code) {
        return new CodeableConcept(new Coding(ACT_REASON, code, null));
    }
}
