package org.securemed.ledger.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ConsentState;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.SignedTransition;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionResult;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.erasure.KeyEncryptionKeys;
import org.securemed.ledger.erasure.PatientKey;
import org.securemed.ledger.erasure.PatientKeys;
import org.securemed.ledger.storage.ConsentDatabase;
import org.securemed.ledger.storage.PatientKeyStore;

class RecordedTransitionIT {
    private static final String ANNA = "Patient/anna";
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private final UUID id = EntryIds.next(NOW);
    private PatientKey anna;
    private PatientKey ben;

    @BeforeEach
    void create() {
        ConsentDatabase database = ConsentDatabase.create();
        PatientKeys keys = new PatientKeys(
                new PatientKeyStore(),
                KeyEncryptionKeys.of(1, new SecretKeySpec(new byte[32], "AES")),
                Clock.systemUTC(),
                10,
                Duration.ofHours(1));
        anna = database.commit(connection -> keys.forPatient(connection, ANNA));
        ben = database.commit(connection -> keys.forPatient(connection, "Patient/ben"));
    }

    @Test
    void what_an_entry_holds_leads_to_the_state_that_it_is_committed_to() throws Exception {
        Transition grant = grant(1);
        ConsentState state = after(grant);
        Entry entry = Entry.parse(entry(grant, state).build().toJson());
        assertThat(RecordedTransition.version(entry)).isEqualTo(1);
        RecordedTransition recorded = RecordedTransition.open(entry, anna);
        assertThat(recorded.transition()).isEqualTo(grant);
        ConsentState replayed = applied(recorded.applyTo(ConsentState.initial(ANNA)));
        assertThat(replayed.stateHash()).isEqualTo(state.stateHash());
        assertThat(RecordedTransition.commitsTo(entry, anna, replayed)).isTrue();
        assertThat(RecordedTransition.commitsTo(entry, anna, ConsentState.initial(ANNA)))
                .isFalse();
        assertThat(RecordedTransition.commitsTo(entry, ben, replayed)).isFalse();
        assertThat(entry.op()).isEqualTo(Op.CONSENT_GRANT);
        assertThat(entry.patient()).isEqualTo(anna.pseudonym());
    }

    @Test
    void the_longest_transition_with_the_longest_signature_fits_an_entry_whose_other_members_are_long_too()
            throws Exception {
        Transition longest = grant(1);
        for (int codes = 2; length(grant(codes)) <= Transition.MAX_BYTES; codes++) {
            longest = grant(codes);
        }
        assertThat(length(longest)).isGreaterThan(Transition.MAX_BYTES - 200);
        SignedTransition signed = SignedTransition.of(longest.canonicalBytes(), new byte[256]);
        Entry entry = RecordedTransition.entry(id, NOW, "\u20ac".repeat(64), anna, signed, after(longest))
                .actor("\u20ac".repeat(256))
                .role("\u20ac".repeat(64))
                .purpose("\u20ac".repeat(64))
                .request("\u20ac".repeat(128))
                .status(201)
                .build();
        assertThat(entry.toJson().length).isLessThanOrEqualTo(Entry.MAX_BYTES);
        assertThat(RecordedTransition.open(Entry.parse(entry.toJson()), anna).transition())
                .isEqualTo(longest);
    }

    @Test
    void what_is_no_recorded_transition_is_refused() {
        ConsentState state = after(grant(1));
        Entry entry = entry(grant(1), state).build();
        assertThatThrownBy(() -> RecordedTransition.open(entry, ben)).isInstanceOf(ReplayException.class);
        Entry otherOp = Entry.builder(id, NOW, "server-1", Op.CONSENT_AMEND)
                .sealed(entry.sealed())
                .build();
        assertThatThrownBy(() -> RecordedTransition.open(otherOp, anna)).hasMessageContaining("another kind");
        assertThatThrownBy(() -> RecordedTransition.version(otherOp)).isInstanceOf(ReplayException.class);
        Entry otherId = Entry.builder(EntryIds.next(NOW), NOW, "server-1", Op.CONSENT_GRANT)
                .sealed(entry.sealed())
                .build();
        assertThatThrownBy(() -> RecordedTransition.open(otherId, anna)).isInstanceOf(ReplayException.class);
        Entry nothing = Entry.builder(id, NOW, "server-1", Op.CONSENT_GRANT).build();
        assertThatThrownBy(() -> RecordedTransition.open(nothing, anna)).isInstanceOf(ReplayException.class);
        for (byte[] plain : List.of(new byte[0], new byte[1], new byte[2], new byte[] {0, 9, 1}, new byte[] {-1, -1})) {
            Entry cut = entry(grant(1), state)
                    .sealed(Bytes.of(anna.seal(id.toString(), plain)))
                    .build();
            assertThatThrownBy(() -> RecordedTransition.open(cut, anna)).isInstanceOf(ReplayException.class);
        }
        for (String outcome : Set.of("permit", "version 0", "version 01", "version -1", "version 1 ")) {
            Entry strange = entry(grant(1), state)
                    .decision(new Decision(outcome, null, null, List.of()))
                    .build();
            assertThatThrownBy(() -> RecordedTransition.version(strange)).isInstanceOf(ReplayException.class);
        }
    }

    private Entry.Builder entry(Transition transition, ConsentState state) {
        return RecordedTransition.entry(id, NOW, "server-1", anna, transition, state);
    }

    private static int length(Transition transition) {
        try {
            return transition.canonicalBytes().length;
        } catch (IllegalStateException e) {
            return Integer.MAX_VALUE;
        }
    }

    private static Transition grant(int codes) {
        Provision.Builder provision = Provision.permit().actor("Practitioner/x");
        for (int i = 0; i < codes; i++) {
            provision.code(new Coding("http://loinc.org", "a-rather-long-code-as-some-hospitals-have-them-" + i));
        }
        return new Transition.Grant("t1", ANNA, Author.patient(ANNA, "session"), NOW, "c1", 1, "", provision.build());
    }

    private static ConsentState after(Transition transition) {
        return applied(ConsentContract.apply(ConsentState.initial(ANNA), transition));
    }

    private static ConsentState applied(TransitionResult result) {
        return result.fold(TransitionResult.Applied::state, refused -> {
            throw new AssertionError(refused.text());
        });
    }
}
