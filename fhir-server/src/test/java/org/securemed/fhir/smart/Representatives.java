package org.securemed.fhir.smart;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.securemed.fhir.keys.SubjectKeys;
import org.securemed.fhir.server.TestServer;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.StoredEntry;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.replay.ReplayException;

/** Accounts of people who act for others, on the whole server. */
public final class Representatives {
    private Representatives() {}

    /** An account, password as the name, that acts as {@code reference} for {@code patient}. */
    public static void account(TestServer server, String username, String patient, String reference) {
        Accounts accounts = server.bean(Accounts.class);
        accounts.put(
                new Account(
                        username,
                        "{noop}" + username,
                        "Parent " + username,
                        Set.of(Role.REPRESENTATIVE),
                        reference,
                        null,
                        null,
                        Set.of("PATRQT"),
                        Map.of(),
                        true),
                true);
        accounts.relate(username, patient, reference);
    }

    /** An account, password as the name, of a patient. */
    public static void patient(TestServer server, String username, String patient) {
        server.bean(Accounts.class)
                .put(
                        new Account(
                                username,
                                "{noop}" + username,
                                "Patient " + username,
                                Set.of(Role.PATIENT),
                                "Patient/" + patient,
                                null,
                                null,
                                Set.of("PATRQT"),
                                Map.of(),
                                true),
                        true);
    }

    /** A token as if the person had just logged in. */
    public static String token(TestServer server, String username) {
        return server.bean(TokenMint.class).forPerson(username, "user/*.cruds");
    }

    /** In which capacity, and who, has ended a Consent, as the ledger says: {@code patient Patient/x}. */
    public static String whoEnded(TestServer server, String patient, String consent) {
        Ledger ledger = server.bean(Ledger.class);
        PatientKey key = server.bean(SubjectKeys.class).key(patient);
        String who = "nobody";
        for (long position = 0; position < ledger.size(); ) {
            List<StoredEntry> page = ledger.range(position, 1000);
            for (StoredEntry stored : page) {
                if (stored.entry().op().equals(Op.CONSENT_REVOKE)
                        && key.pseudonym().equals(stored.entry().patient())
                        && opened(stored, key) instanceof Transition.Revoke revoke
                        && revoke.consentId().equals(consent)) {
                    who = revoke.author().capacity().code() + " "
                            + revoke.author().reference();
                }
            }
            position += page.size();
        }
        return who;
    }

    private static Transition opened(StoredEntry stored, PatientKey key) {
        try {
            return RecordedTransition.open(stored.entry(), key).transition();
        } catch (ReplayException e) {
            throw new IllegalStateException(e);
        }
    }
}
