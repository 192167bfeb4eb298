package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import org.hl7.fhir.r4.model.Patient;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.storage.ConsentSnapshots;

/** Whatever the other tests did to this server: its states are those that its log leads to. */
class StatedConsentsIT {
    private static final TestServer SERVER = TestServer.shared();
    private static final String PATIENT = "stated-one";

    private final ConsentSnapshots snapshots = SERVER.bean(ConsentSnapshots.class);

    @Test
    void where_the_consents_stand_is_stated_and_what_is_stored_is_loaded_against_it() throws Exception {
        Patient patient = new Patient();
        patient.setId(PATIENT);
        SERVER.put("backend", "Patient/" + PATIENT, patient);
        Consents.form(SERVER, PATIENT);
        Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/amara-okafor"));

        SERVER.bean(StatedConsents.class).run();

        long stated =
                reading(connection -> snapshots.newest(connection).orElseThrow().patients());
        assertThat(stated).isPositive();
        String consent = Consents.record(SERVER, Consents.permit(PATIENT, "Practitioner/jonas-lindqvist"));
        Consents.end(SERVER, consent);
        long loaded = reading(connection -> snapshots.loadAll(connection, (subject, state) -> {}));
        assertThat(loaded).isPositive();
    }

    private static <T> T reading(Work<T> work) throws SQLException {
        try (Connection connection = SERVER.database().getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            T result = work.in(connection);
            connection.rollback();
            return result;
        }
    }

    private interface Work<T> {
        T in(Connection connection) throws SQLException;
    }
}
