package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.securemed.ledger.consent.Coding;
import org.securemed.ledger.consent.Period;
import org.securemed.ledger.consent.ResourceFacts;
import org.securemed.ledger.consent.SecurityLabels;

class FactsTextTest {
    private static final ResourceFacts FACTS = new ResourceFacts(
            "Observation",
            "Observation/o",
            Set.of(SecurityLabels.RESTRICTED, SecurityLabels.sensitivity("PSY")),
            Set.of(new Coding("http://loinc.org", "718-7")),
            Set.of(new Coding("", "no system"), new Coding("a b", "c d"), new Coding("a", "b c d")),
            List.of(
                    Period.at(Instant.parse("2026-01-02T03:04:05.678Z")),
                    Period.from(Instant.parse("2020-01-01T00:00:00Z")),
                    Period.ALWAYS),
            Set.of("Practitioner/p"),
            Set.of("Practitioner/p", "Patient/q"));

    @Test
    void what_was_written_is_read() {
        assertThat(FactsText.read("Observation/o", FactsText.of(FACTS))).contains(FACTS);
    }

    @Test
    void nothing_is_read_as_nothing() {
        ResourceFacts none = ResourceFacts.of("Basic", "Basic/b");

        assertThat(FactsText.of(none)).isEqualTo("{\"date\":[]}");
        assertThat(FactsText.read("Basic/b", FactsText.of(none))).contains(none);
    }

    @Test
    void a_text_that_is_not_ours_tells_nothing() {
        for (String text : List.of(
                "",
                "null",
                "[]",
                "{\"label\":1}",
                "{\"label\":[1]}",
                "{\"other\":[]}",
                "{\"code\":[\"no separator\"]}",
                "{\"date\":[\"yesterday\",\"today\"]}",
                "{\"label\":[",
                "{\"label\":[\"x\\n\"]}")) {
            assertThat(FactsText.read("Basic/b", text)).as(text).isEmpty();
        }
    }
}
