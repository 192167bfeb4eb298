package org.securemed.card.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.securemed.card.outbound.StrictJson;

/** Codes of AuditEvents: DICOM's, HL7's and IHE BALP's, and our own where these have none. */
public final class AuditCodes {
    private static final String DICOM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final String PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
    private static final String ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
    private static final String ENTITY_ROLE = "http://terminology.hl7.org/CodeSystem/object-role";
    private static final String SOURCE_TYPE = "http://terminology.hl7.org/CodeSystem/security-source-type";
    private static final String BALP_ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";

    private AuditCodes() {}

    /** A code of DICOM's. */
    public static ObjectNode dicom(String code, String display) {
        return coding(DICOM, code).put("display", display);
    }

    /** Whoever gets what is asked for. */
    public static ObjectNode recipient() {
        return coding(PARTICIPATION, "IRCP").put("display", "information recipient");
    }

    /** A program. */
    public static ObjectNode application() {
        return dicom("110150", "Application");
    }

    /** A server that tells who somebody is. */
    public static ObjectNode securityServer() {
        return coding(SOURCE_TYPE, "6").put("display", "Security Server");
    }

    /** An entity that is a person. */
    public static ObjectNode person() {
        return coding(ENTITY_TYPE, "1").put("display", "Person");
    }

    /** An entity that is a thing in a computer. */
    public static ObjectNode systemObject() {
        return coding(ENTITY_TYPE, "2").put("display", "System Object");
    }

    /** What an entity is to the event. */
    public static ObjectNode role(String code, String display) {
        return coding(ENTITY_ROLE, code).put("display", display);
    }

    /** The entity that tells one event from another. */
    public static ObjectNode requestId() {
        return coding(BALP_ENTITY, "XrequestId");
    }

    /** A code of a code system. */
    public static ObjectNode coding(String system, String code) {
        return StrictJson.newObject().put("system", system).put("code", code);
    }
}
