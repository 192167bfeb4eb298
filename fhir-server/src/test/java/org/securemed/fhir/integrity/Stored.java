package org.securemed.fhir.integrity;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.IntegerType;
import org.hl7.fhir.r4.model.Observation;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Parameters.ParametersParameterComponent;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.StringType;
import org.securemed.fhir.owner.StoredVersionRows;
import org.securemed.fhir.server.TestServer;
import org.securemed.fhir.server.TestServer.Answer;
import org.securemed.ledger.log.Ledger;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the shared server has stored, how it is changed past the server, and what the server says of it. */
final class Stored {
    static final TestServer SERVER = TestServer.shared();
    static final JdbcTemplate SQL = new JdbcTemplate(SERVER.database());

    private Stored() {}

    static void put(Resource resource, int status) {
        Answer answer = SERVER.put(
                "backend", resource.fhirType() + "/" + resource.getIdElement().getIdPart(), resource);
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    }

    static Patient patient(String id) {
        Patient patient = new Patient();
        patient.setId(id);
        return patient;
    }

    static Observation observation(String id, String patient, String note) {
        Observation observation = new Observation();
        observation.setId(id);
        observation.setStatus(Observation.ObservationStatus.FINAL);
        observation.getCode().setText("glucose");
        observation.setSubject(new Reference("Patient/" + patient));
        observation.addNote().setText(note);
        return observation;
    }

    /** What {@code $verify-integrity} says of each version. */
    static List<String> states(String reference) {
        SERVER.bean(Ledger.class).publishCheckpoint();
        Answer answer = SERVER.get("compliance", reference + "/$verify-integrity");
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        return states(answer);
    }

    /** What an answer says of each version. */
    static List<String> states(Answer answer) {
        return ((Parameters) answer.resource())
                .getParameter().stream()
                        .filter(parameter -> parameter.getName().equals("version"))
                        .map(ParametersParameterComponent::getPart)
                        .map(parts -> parts.get(1).getValue().primitiveValue())
                        .toList();
    }

    /** The AuditEvents of a patient, in JSON, that hold both texts. */
    static List<String> events(String patient, String kind, String about) {
        Bundle events = SERVER.get("compliance", "AuditEvent?_count=200&patient=" + patient)
                .bundle();
        return events.getEntry().stream()
                .map(entry -> SERVER.fhir().newJsonParser().encodeResourceToString(entry.getResource()))
                .filter(text -> text.contains(kind) && text.contains(about))
                .toList();
    }

    /** The versions of a resource as a copy of the database has them, the oldest first. */
    static List<Map<String, Object>> copies(String id) {
        return SQL.queryForList(
                "select v.res_ver, v.res_updated, v.source_uri, v.res_text_vc, v.res_encoding,"
                        + " case when v.res_text is not null then lo_get(v.res_text) end as packed"
                        + " from hfj_res_ver v join hfj_resource r on r.res_id = v.res_id where r.fhir_id = ?"
                        + " order by v.res_ver",
                id);
    }

    /** A copy as {@code $restore-integrity} takes it. */
    static ParametersParameterComponent copy(Map<String, Object> row) {
        ParametersParameterComponent copy = new ParametersParameterComponent().setName("copy");
        copy.addPart().setName("version").setValue(new IntegerType(String.valueOf(row.get("res_ver"))));
        copy.addPart().setName("updated").setValue(new InstantType((Timestamp) row.get("res_updated")));
        if (row.get("res_text_vc") != null) {
            copy.addPart().setName("content").setValue(new StringType(String.valueOf(row.get("res_text_vc"))));
        }
        if (row.get("packed") != null) {
            copy.addPart().setName("packed").setValue(new Base64BinaryType((byte[]) row.get("packed")));
        }
        if (row.get("source_uri") != null) {
            copy.addPart().setName("source").setValue(new StringType(String.valueOf(row.get("source_uri"))));
        }
        return copy;
    }

    /** Another schema of the database as a replica. */
    static Optional<StoredVersionRows> replica(String schema) {
        try (Connection connection = SERVER.database().getConnection()) {
            String url = connection.getMetaData().getURL();
            IntegrityProperties.Replica replica = new IntegrityProperties.Replica(
                    url + (url.contains("?") ? "&" : "?") + "currentSchema=" + schema,
                    connection.getMetaData().getUserName(),
                    "");
            return IntegrityConfiguration.replica(
                    new IntegrityProperties(Duration.ofHours(24), 50, IntegrityProperties.OnRead.OFF, replica));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
