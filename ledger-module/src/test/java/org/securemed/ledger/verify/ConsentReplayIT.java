package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.ConsentLog;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.replay.RecordedTransition;
import org.securemed.ledger.replay.StateSeal;

/** Entries that a server with the right keys signed, and that are wrong all the same. */
class ConsentReplayIT {
    private static final String ANNA = "Patient/anna";
    private static final KeyEncryptionKeys EPOCHS = KeyEncryptionKeys.of(1, new SecretKeySpec(new byte[32], "AES"));

    private final ConsentLog log = new ConsentLog(EPOCHS);
    private PatientKey anna;
    private ConsentState granted;

    @BeforeEach
    void one_grant() throws Exception {
        anna = log.key(ANNA);
        log.record(ConsentLog.grant(ANNA, "c1", 1));
        granted = log.commit(connection -> log.states.load(connection, anna.pseudonym()))
                .orElseThrow();
    }

    @AfterEach
    void close() {
        log.close();
    }

    @Test
    void a_transition_that_the_stored_state_does_not_have_is_found() throws Exception {
        Transition revoke = ConsentLog.revoke(ANNA, "c1", 2);
        append(entry(revoke, after(revoke)));
        assertThat(log.verify(EPOCHS).findings())
                .extracting(finding -> finding.table() + " " + finding.column())
                .containsExactly("consent_state version", "consent_state state_hash", "consent_state sealed_state");
    }

    @Test
    void another_state_sealed_for_the_same_version_is_found() throws Exception {
        byte[] other = ConsentState.initial(ANNA).canonicalBytes();
        String sealed = HexFormat.of().formatHex(StateSeal.seal(anna, 1, other));
        log.fixture.database.tamper("update ledger.consent_state set sealed_state = '\\x" + sealed + "'");
        assertThat(log.verify(EPOCHS).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.column()).isEqualTo("sealed_state"));
    }

    @Test
    void an_entry_that_is_committed_to_another_state_is_found() throws Exception {
        Transition revoke = ConsentLog.revoke(ANNA, "c1", 2);
        append(entry(revoke, after(revoke)).resourceCommitment(Bytes.of(anna.commitment(granted.stateHash()))));
        found("a commitment to the state that the replay leads to");
    }

    @Test
    void a_transition_that_the_contract_refuses_is_found() throws Exception {
        append(entry(ConsentLog.grant(ANNA, "c1", 2), after(ConsentLog.revoke(ANNA, "c1", 2))));
        found("a transition that the contract allows");
    }

    @Test
    void a_second_transition_to_the_same_version_is_found() throws Exception {
        append(entry(ConsentLog.grant(ANNA, "c1", 1), granted));
        found("a transition to another version than 1");
    }

    @Test
    void a_version_that_was_left_out_is_found() throws Exception {
        Transition revoke = ConsentLog.revoke(ANNA, "c1", 2);
        ConsentState revoked = after(revoke);
        Transition again = ConsentLog.grant(ANNA, "c1", 3);
        append(entry(again, applied(revoked, again)));
        found("a transition to version 2");
    }

    @Test
    void an_entry_that_holds_no_transition_is_found() throws Exception {
        Transition revoke = ConsentLog.revoke(ANNA, "c1", 2);
        append(entry(revoke, after(revoke)).sealed(Bytes.of(new byte[40])));
        found("a transition sealed with the patient's key");
    }

    @Test
    void an_entry_that_names_no_version_is_found() throws Exception {
        Instant now = Instant.now();
        append(Entry.builder(EntryIds.next(now), now, "server-1", Op.CONSENT_REVOKE)
                .patient(anna.pseudonym()));
        found("a transition");
    }

    private void found(String expected) throws Exception {
        List<Finding> findings = log.verify(EPOCHS).findings();
        assertThat(findings).singleElement().satisfies(finding -> {
            assertThat(finding.table()).isEqualTo("ledger_entry");
            assertThat(finding.expected()).isEqualTo(expected);
        });
    }

    private void append(Entry.Builder builder) throws Exception {
        LogFixture.index(log.ledger, builder.build());
    }

    private Entry.Builder entry(Transition transition, ConsentState state) {
        Instant now = Instant.now();
        UUID id = EntryIds.next(now);
        return RecordedTransition.entry(id, now, "server-1", anna, transition, state);
    }

    private ConsentState after(Transition transition) {
        return applied(granted, transition);
    }

    private static ConsentState applied(ConsentState state, Transition transition) {
        return ConsentContract.apply(state, transition).fold(done -> done.state(), refused -> {
            throw new AssertionError(refused.text());
        });
    }
}
