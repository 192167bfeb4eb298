package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DataCategoryTest {
    private static final List<String> SCOPES = List.of(
            "patient/*.cruds",
            "patient/*.rs",
            "patient/*.read",
            "patient/Observation.rs",
            "patient/Observation.rs?category=laboratory",
            "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs",
            "patient/Observation.rs?code=http://loinc.org|4548-4",
            "patient/Condition.write",
            "patient/Practitioner.r",
            "patient/Patient.rs");

    private static Scope.Resource scope(String text) throws ScopeException {
        return (Scope.Resource) Scope.parse(text);
    }

    @Test
    void all_switches_on_leave_a_scope_as_it_was_asked() throws ScopeException {
        for (String text : SCOPES) {
            assertThat(DataCategory.narrow(scope(text), EnumSet.allOf(DataCategory.class)))
                    .hasToString("[" + text + "]");
        }
    }

    @Test
    void switching_off_never_widens_and_switching_more_off_narrows_more() throws ScopeException {
        long seed = 6L;
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            Scope.Resource asked = scope(SCOPES.get(random.nextInt(SCOPES.size())));
            Set<DataCategory> some = EnumSet.noneOf(DataCategory.class);
            for (DataCategory category : DataCategory.values()) {
                if (random.nextBoolean()) {
                    some.add(category);
                }
            }
            Set<DataCategory> fewer = EnumSet.copyOf(some.isEmpty() ? EnumSet.of(DataCategory.OTHER) : some);
            fewer.removeIf(category -> random.nextInt(3) == 0);
            ScopeSet narrow = new ScopeSet(Set.copyOf(DataCategory.narrow(asked, some)));
            ScopeSet narrower = new ScopeSet(Set.copyOf(DataCategory.narrow(asked, fewer)));
            assertThat(new ScopeSet(Set.of(asked)).covers(narrow))
                    .as("seed %d, try %d", seed, i)
                    .isTrue();
            if (some.containsAll(fewer)) {
                assertThat(narrow.covers(narrower))
                        .as("seed %d, try %d", seed, i)
                        .isTrue();
            }
        }
    }

    @Test
    void each_switch_takes_away_what_it_names() throws ScopeException {
        Scope.Resource everything = scope("patient/*.rs");
        assertThat(DataCategory.of(everything)).containsExactlyInAnyOrder(DataCategory.values());
        for (DataCategory off : DataCategory.values()) {
            ScopeSet left =
                    new ScopeSet(Set.copyOf(DataCategory.narrow(everything, EnumSet.complementOf(EnumSet.of(off)))));
            for (Scope.Resource taken : DataCategory.narrow(everything, EnumSet.of(off))) {
                boolean directory = List.of(
                                "Practitioner", "PractitionerRole", "Organization", "Location", "HealthcareService")
                        .contains(taken.type());
                assertThat(left.covers(taken)).as("%s without %s", taken, off).isEqualTo(directory);
            }
        }
    }

    @Test
    void a_laboratory_scope_has_the_laboratory_switch_only() throws ScopeException {
        assertThat(DataCategory.of(scope("patient/Observation.rs?category=laboratory")))
                .containsExactly(DataCategory.LABORATORY);
        assertThat(DataCategory.of(scope("patient/Practitioner.r"))).isEmpty();
        assertThat(DataCategory.narrow(scope("patient/Observation.rs?category=laboratory"), Set.of()))
                .isEmpty();
    }
}
