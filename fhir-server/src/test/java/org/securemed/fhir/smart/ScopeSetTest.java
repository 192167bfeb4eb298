package org.securemed.fhir.smart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopeSetTest {
    private static final long SEED = 20_261_122L;
    private static final int TRIES = 3000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "patient/Observation.rs",
                "patient/*.cruds",
                "user/Patient.r",
                "system/*.read",
                "patient/Condition.write",
                "user/*.*",
                "openid",
                "fhirUser",
                "launch",
                "launch/patient",
                "launch/encounter",
                "offline_access",
                "patient/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                "patient/Observation.rs?category=a&code:in=b",
                "patient/Observation.rs?category=a%2Cb"
            })
    void a_good_scope_prints_as_it_was_written(String text) throws ScopeException {
        assertThat(Scope.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "patient/Observation",
                "patient/Observation.",
                "patient/.rs",
                "patient/*.",
                "patient/Observation.sr",
                "patient/Observation.rr",
                "patient/Observation.rx",
                "patient/Observation.RS",
                "patient/Observation.rs.read",
                "patient/Observation.readwrite",
                "patient/observation.rs",
                "patient/Teapot.rs",
                "patient/Obs*.rs",
                "patient/**.rs",
                "Patient/Observation.rs",
                "/Observation.rs",
                "patient//Observation.rs",
                "patient/Observation.rs?",
                "patient/Observation.rs?category",
                "patient/Observation.rs?category=",
                "patient/Observation.rs?=a",
                "patient/Observation.rs?category=a&",
                "patient/Observation.rs?category=%2",
                "patient/Observation.rs?category=%ZZ",
                "patient/Observation.rs?category=%00",
                "patient/Observation.rs?category=%FF",
                "patient/Observation.rs?category=a+b",
                "patient/Observation.rs?cat gory=a",
                "patient/Observation.read?category=a",
                "patient/Observation.rs\n",
                "patient/Observation.rs\"",
                "patient\\Observation.rs",
                "launch/",
                "launch/Patient",
                "everything",
                "OPENID"
            })
    void anything_else_is_refused(String text) {
        assertThatThrownBy(() -> Scope.parse(text)).isInstanceOf(ScopeException.class);
    }

    @Test
    void too_many_and_too_long_scopes_are_refused() {
        assertThatThrownBy(() -> ScopeSet.parse("openid ".repeat(300).strip())).isInstanceOf(ScopeException.class);
        assertThatThrownBy(() -> ScopeSet.parse("x".repeat(10_000))).isInstanceOf(ScopeException.class);
        assertThatThrownBy(() -> ScopeSet.parse("patient/Observation.rs?category=" + "a".repeat(600)))
                .isInstanceOf(ScopeException.class);
        assertThatThrownBy(() -> ScopeSet.parse("openid  fhirUser")).isInstanceOf(ScopeException.class);
    }

    @Test
    void without_a_scope_nothing_is_permitted() {
        for (Interaction interaction : Interaction.values()) {
            for (ScopeContext context : ScopeContext.values()) {
                assertThat(ScopeSet.NONE.permits("Patient", interaction, context))
                        .isFalse();
            }
        }
    }

    @Test
    void a_scope_permits_its_letters_its_type_and_its_context_and_nothing_else() throws ScopeException {
        ScopeSet scopes = ScopeSet.parse("patient/Observation.rs");

        assertThat(scopes.permits("Observation", Interaction.READ, ScopeContext.PATIENT))
                .isTrue();
        assertThat(scopes.permits("Observation", Interaction.SEARCH, ScopeContext.PATIENT))
                .isTrue();
        assertThat(scopes.permits("Observation", Interaction.CREATE, ScopeContext.PATIENT))
                .isFalse();
        assertThat(scopes.permits("Condition", Interaction.READ, ScopeContext.PATIENT))
                .isFalse();
        assertThat(scopes.permits("Observation", Interaction.READ, ScopeContext.USER))
                .isFalse();
    }

    @Test
    void a_granular_scope_permits_what_matches() throws ScopeException {
        ScopeSet scopes =
                ScopeSet.parse("patient/Observation.rs?category=laboratory patient/Observation.r?code=a&date=b");

        ScopeSet.Grant search = scopes.grant("Observation", Interaction.SEARCH, ScopeContext.PATIENT);
        ScopeSet.Grant read = scopes.grant("Observation", Interaction.READ, ScopeContext.PATIENT);

        assertThat(search).isInstanceOf(ScopeSet.Grant.Matching.class);
        assertThat(((ScopeSet.Grant.Matching) search).alternatives()).hasSize(1);
        assertThat(((ScopeSet.Grant.Matching) read).alternatives()).hasSize(2);
        assertThat(ScopeSet.parse("patient/Observation.rs?category=laboratory patient/*.r")
                        .grant("Observation", Interaction.READ, ScopeContext.PATIENT))
                .isInstanceOf(ScopeSet.Grant.Everything.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "patient/*.cruds; patient/Observation.rs; true",
                "patient/*.rs; patient/*.r; true",
                "patient/*.read; patient/Observation.rs; true",
                "patient/Observation.rs; patient/*.rs; false",
                "patient/Observation.rs; patient/Observation.cruds; false",
                "patient/Observation.r patient/Observation.s; patient/Observation.rs; true",
                "patient/Observation.rs; patient/Observation.rs?category=a; true",
                "patient/Observation.rs?category=a; patient/Observation.rs; false",
                "patient/Observation.rs?category=a; patient/Observation.rs?category=b; false",
                "patient/Observation.rs?category=a%2Cb; patient/Observation.rs?category=b; true",
                "patient/Observation.rs?category=b; patient/Observation.rs?category=a%2Cb; false",
                "patient/Observation.rs?category=a; patient/Observation.rs?category=a&code=c; true",
                "patient/*.rs?category=a; patient/Observation.rs?category=a; true",
                "user/*.cruds; patient/Observation.rs; false",
                "openid; openid; true",
                "openid; fhirUser; false",
                "launch; launch/patient; false"
            })
    void covering(String wide, String narrow, boolean covered) throws ScopeException {
        assertThat(ScopeSet.parse(wide).covers(ScopeSet.parse(narrow))).isEqualTo(covered);
    }

    @Test
    void printing_and_reading_are_inverse() throws ScopeException {
        Random random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            ScopeSet scopes = any(random);
            assertThat(ScopeSet.parse(scopes.toString()))
                    .as("seed %d, try %d", SEED, i)
                    .isEqualTo(scopes);
            assertThat(scopes.toString()).doesNotContain(",");
        }
    }

    @Test
    void covering_is_reflexive_and_transitive_and_means_permitting_at_least_as_much() {
        Random random = new Random(SEED);
        int covered = 0;
        for (int i = 0; i < TRIES; i++) {
            ScopeSet a = any(random);
            ScopeSet b = any(random);
            ScopeSet c = any(random);
            assertThat(a.covers(a)).isTrue();
            if (a.covers(b) && b.covers(c)) {
                assertThat(a.covers(c)).as("seed %d, try %d", SEED, i).isTrue();
            }
            if (a.covers(b)) {
                covered++;
                for (Interaction interaction : Interaction.values()) {
                    for (ScopeContext context : ScopeContext.values()) {
                        for (String type : List.of("Observation", "Patient", "Account")) {
                            if (b.permits(type, interaction, context)) {
                                assertThat(a.permits(type, interaction, context))
                                        .isTrue();
                            }
                        }
                    }
                }
            }
        }
        assertThat(covered).as("the generator meets coverage often enough").isGreaterThan(20);
    }

    @Test
    void an_intersection_is_covered_by_both_and_covers_whatever_both_cover() {
        Random random = new Random(SEED);
        for (int i = 0; i < TRIES; i++) {
            ScopeSet a = any(random);
            ScopeSet b = any(random);
            ScopeSet both = a.intersect(b);
            assertThat(a.covers(both))
                    .as("seed %d, try %d: %s ∩ %s = %s", SEED, i, a, b, both)
                    .isTrue();
            assertThat(b.covers(both))
                    .as("seed %d, try %d: %s ∩ %s = %s", SEED, i, a, b, both)
                    .isTrue();
            for (Scope scope : any(random).scopes()) {
                if (a.covers(scope) && b.covers(scope)) {
                    assertThat(both.covers(scope))
                            .as("seed %d, try %d: %s in %s", SEED, i, scope, both)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void arbitrary_text_is_refused_or_prints_something_that_reads_the_same() {
        Random random = new Random(SEED);
        String alphabet = "patientusersystem/*.cruds?=&%2C|:Observation ,\"\\\u0000é";
        for (int i = 0; i < TRIES; i++) {
            StringBuilder text = new StringBuilder("patient/Observation.rs?category=");
            text.setLength(random.nextInt(text.length() + 1));
            for (int n = random.nextInt(12); n > 0; n--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                Scope scope = Scope.parse(text.toString());
                assertThat(Scope.parse(scope.toString())).isEqualTo(scope);
            } catch (ScopeException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
    }

    private static ScopeSet any(Random random) {
        Set<Scope> scopes = new LinkedHashSet<>();
        for (int n = random.nextInt(4); n >= 0; n--) {
            scopes.add(anyScope(random));
        }
        return new ScopeSet(scopes);
    }

    private static Scope anyScope(Random random) {
        if (random.nextInt(6) == 0) {
            return Scope.Named.values()[random.nextInt(Scope.Named.values().length)];
        }
        Set<Interaction> interactions = EnumSet.noneOf(Interaction.class);
        while (interactions.isEmpty()) {
            for (Interaction interaction : Interaction.values()) {
                if (random.nextBoolean()) {
                    interactions.add(interaction);
                }
            }
        }
        List<ScopeParameter> parameters = new ArrayList<>();
        String[] values = {"a", "b", "a,b", "b,c", "x|y", "ä &%+,\"", "http://x/y|z"};
        for (int n = random.nextInt(3); n > 0; n--) {
            parameters.add(new ScopeParameter(
                    random.nextBoolean() ? "category" : "code:in", values[random.nextInt(values.length)]));
        }
        ScopeContext context = ScopeContext.values()[random.nextInt(2)];
        String[] types = {"*", "Observation", "Patient"};
        return new Scope.Resource(context, types[random.nextInt(types.length)], interactions, parameters, false);
    }
}
