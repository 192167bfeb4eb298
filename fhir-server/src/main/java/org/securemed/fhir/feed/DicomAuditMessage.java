package org.securemed.fhir.feed;

import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;
import org.hl7.fhir.r4.model.AuditEvent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventAgentComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityComponent;
import org.hl7.fhir.r4.model.AuditEvent.AuditEventEntityDetailComponent;
import org.hl7.fhir.r4.model.CodeableConcept;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;

/**
 * An AuditEvent as a DICOM audit message, the form that ATNA repositories read from syslog. The event's id and ledger
 * index are in a participant object of type 4 with the role 13 (security resource).
 *
 * @see <a href="https://dicom.nema.org/medical/dicom/current/output/html/part15.html#sect_A.5">DICOM PS3.15, A.5</a>
 */
final class DicomAuditMessage {
    private static final String DCM = "http://dicom.nema.org/resources/ontology/DCM";
    private static final Map<String, String> NAMES = Map.of(DCM, "DCM", "urn:ihe:event-type-code", "IHE Transactions");
    private static final XMLOutputFactory XML = XMLOutputFactory.newFactory();

    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter out;

    private DicomAuditMessage() throws XMLStreamException {
        out = XML.createXMLStreamWriter(text);
    }

    /** The message, XML. */
    static String of(AuditEvent event) {
        try {
            DicomAuditMessage message = new DicomAuditMessage();
            message.write(event);
            return message.text.toString();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
    }

    private void write(AuditEvent event) throws XMLStreamException {
        out.writeStartDocument();
        out.writeStartElement("AuditMessage");
        out.writeStartElement("EventIdentification");
        attribute(
                "EventActionCode",
                event.getAction() == null ? null : event.getAction().toCode());
        attribute("EventDateTime", event.getRecordedElement().getValueAsString());
        attribute(
                "EventOutcomeIndicator",
                event.getOutcome() == null ? "0" : event.getOutcome().toCode());
        coding("EventID", event.getType());
        for (Coding subtype : event.getSubtype()) {
            coding("EventTypeCode", subtype);
        }
        if (event.hasOutcomeDesc()) {
            out.writeStartElement("EventOutcomeDescription");
            out.writeCharacters(clean(event.getOutcomeDesc()));
            out.writeEndElement();
        }
        for (CodeableConcept purpose : event.getPurposeOfEvent()) {
            coding("PurposeOfUse", purpose.getCodingFirstRep());
        }
        out.writeEndElement();
        for (AuditEventAgentComponent agent : event.getAgent()) {
            agent(agent);
        }
        out.writeStartElement("AuditSourceIdentification");
        attribute("AuditEnterpriseSiteID", event.getSource().getSite());
        attribute("AuditSourceID", name(event.getSource().getObserver()));
        for (Coding type : event.getSource().getType()) {
            coding("AuditSourceTypeCode", type);
        }
        out.writeEndElement();
        for (AuditEventEntityComponent entity : event.getEntity()) {
            entity(entity);
        }
        own(event);
        out.writeEndElement();
        out.writeEndDocument();
    }

    private void agent(AuditEventAgentComponent agent) throws XMLStreamException {
        out.writeStartElement("ActiveParticipant");
        attribute("UserID", name(agent.getWho()));
        attribute("AlternativeUserID", agent.getAltId());
        attribute("UserName", agent.hasName() ? agent.getName() : agent.getWho().getDisplay());
        attribute("UserIsRequestor", Boolean.toString(agent.getRequestor()));
        if (agent.getNetwork().hasAddress()) {
            attribute("NetworkAccessPointID", agent.getNetwork().getAddress());
            attribute(
                    "NetworkAccessPointTypeCode",
                    agent.getNetwork().getType() == null
                            ? null
                            : agent.getNetwork().getType().toCode());
        }
        coding("RoleIDCode", agent.getType().getCodingFirstRep());
        for (CodeableConcept role : agent.getRole()) {
            coding("RoleIDCode", role.getCodingFirstRep());
        }
        out.writeEndElement();
    }

    private void entity(AuditEventEntityComponent entity) throws XMLStreamException {
        out.writeStartElement("ParticipantObjectIdentification");
        attribute("ParticipantObjectID", name(entity.getWhat()));
        attribute(
                "ParticipantObjectTypeCode",
                isNumber(entity.getType()) ? entity.getType().getCode() : "4");
        attribute("ParticipantObjectTypeCodeRole", entity.getRole().getCode());
        Coding kind = entity.hasType() ? entity.getType() : new Coding(null, "12", null);
        coding("ParticipantObjectIDTypeCode", kind);
        if (entity.hasQuery()) {
            element("ParticipantObjectQuery", Base64.getEncoder().encodeToString(entity.getQuery()));
        } else if (entity.hasName()) {
            element("ParticipantObjectName", clean(entity.getName()));
        }
        for (AuditEventEntityDetailComponent detail : entity.getDetail()) {
            detail(detail.getType(), detail.getValue() instanceof StringType value ? value.getValue() : "");
        }
        out.writeEndElement();
    }

    private void own(AuditEvent event) throws XMLStreamException {
        out.writeStartElement("ParticipantObjectIdentification");
        attribute("ParticipantObjectID", "AuditEvent/" + event.getIdElement().getIdPart());
        attribute("ParticipantObjectTypeCode", "4");
        attribute("ParticipantObjectTypeCodeRole", "13");
        coding("ParticipantObjectIDTypeCode", new Coding("http://hl7.org/fhir/resource-types", "AuditEvent", null));
        out.writeEndElement();
    }

    private void detail(String type, String value) throws XMLStreamException {
        out.writeEmptyElement("ParticipantObjectDetail");
        attribute("type", type);
        attribute("value", Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8)));
    }

    private void coding(String element, Coding coding) throws XMLStreamException {
        if (coding.hasCode()) {
            out.writeEmptyElement(element);
            attribute("csd-code", coding.getCode());
            String system = String.valueOf(coding.getSystem());
            attribute("codeSystemName", NAMES.getOrDefault(system, system));
            attribute("originalText", coding.hasDisplay() ? coding.getDisplay() : coding.getCode());
        }
    }

    private void element(String name, String value) throws XMLStreamException {
        out.writeStartElement(name);
        out.writeCharacters(value);
        out.writeEndElement();
    }

    private void attribute(String name, @Nullable String value) throws XMLStreamException {
        if (value != null) {
            out.writeAttribute(name, clean(value));
        }
    }

    private static boolean isNumber(Coding type) {
        return type.hasCode() && type.getCode().matches("[1-4]");
    }

    private static String name(Reference who) {
        if (who.hasReference()) {
            return who.getReference();
        }
        if (who.getIdentifier().hasValue()) {
            return who.getIdentifier().getValue();
        }
        return who.hasDisplay() ? who.getDisplay() : "unknown";
    }

    /** Without what XML has no place for. */
    private static String clean(String value) {
        return value.codePoints()
                .filter(c -> c == 0x9 || c >= 0x20 && c != 0xfffe && c != 0xffff && (c < 0xd800 || c > 0xdfff))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
