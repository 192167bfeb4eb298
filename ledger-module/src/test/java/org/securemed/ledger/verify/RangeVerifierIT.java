package org.securemed.ledger.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.log.Ledger;
import org.securemed.ledger.log.LogFixture;
import org.securemed.ledger.log.Submission;

/** A part of a running log is verified by itself, and what was changed in it is named. */
class RangeVerifierIT {
    private final LogFixture fixture = new LogFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void what_was_changed_within_the_range_is_named_and_nothing_else() throws Exception {
        try (Ledger ledger = fixture.open()) {
            long size = grown(ledger, 700);
            RangeVerifier verifier = new RangeVerifier(ledger);
            assertThat(verifier.verify(0, Long.MAX_VALUE, Progress.none()).findings())
                    .isEmpty();
            assertThat(verifier.verify(0, Long.MAX_VALUE, Progress.none()).entries())
                    .isEqualTo(size);

            fixture.database.tamper(
                    "update ledger.ledger_entry set body = replace(convert_from(body, 'UTF8'), 'physician',"
                            + " 'physicians')::bytea where seq = 300",
                    "update ledger.ledger_entry set body = 'x', leaf = sha256('\\x00'::bytea || 'x'::bytea)"
                            + " where seq = 310",
                    "delete from ledger.ledger_entry where seq = 320",
                    "update ledger.ledger_entry set body = 'x' where seq = " + (size - 1));

            assertThat(verifier.verify(0, size, Progress.none()).findings())
                    .extracting(Finding::row)
                    .containsExactly("seq 300", "seq 310", "seq 320", "seq " + (size - 1));
            assertThat(verifier.verify(301, 310, Progress.none()).isWhole()).isTrue();
            assertThat(verifier.verify(305, 311, Progress.none()).findings())
                    .extracting(Finding::row)
                    .containsExactly("seq 310");
            assertThat(verifier.verify(size, size + 100, Progress.none()).entries())
                    .isZero();
        }
    }

    @Test
    void it_says_how_far_it_is_and_can_be_ended() throws Exception {
        try (Ledger ledger = fixture.open()) {
            grown(ledger, 700);
            RangeVerifier verifier = new RangeVerifier(ledger);
            List<Long> places = new ArrayList<>();
            verifier.verify(100, 600, (entries, total) -> {
                assertThat(total).isEqualTo(500);
                places.add(entries);
            });
            assertThat(places).containsExactly(156L, 412L, 500L);
            assertThatThrownBy(() -> verifier.verify(0, 600, (entries, total) -> {
                        throw new CancellationException();
                    }))
                    .isInstanceOf(CancellationException.class);
        }
    }

    private static long grown(Ledger ledger, int entries) throws Exception {
        List<Entry> some = new ArrayList<>();
        for (int i = 0; i < entries; i++) {
            some.add(LogFixture.entry("actor-" + i));
            if (some.size() == 100) {
                ledger.append(Submission.of(List.copyOf(some), List.of())).get(10, TimeUnit.SECONDS);
                some.clear();
            }
        }
        ledger.publishCheckpoint();
        return ledger.size();
    }
}
