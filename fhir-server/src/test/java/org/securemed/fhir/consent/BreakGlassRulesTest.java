package org.securemed.fhir.consent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.securemed.fhir.smart.AppUser;
import org.securemed.fhir.smart.Requester;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ImplicitPolicy;

class BreakGlassRulesTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    @Test
    void under_the_default_policy_no_emergency_can_be_declared() {
        assertThat(rules(ImplicitPolicy.DENY).offered()).isFalse();
        assertThat(rules(ImplicitPolicy.BREAK_GLASS_ONLY).offered()).isTrue();
    }

    @Test
    void only_a_person_in_one_of_the_roles_may() {
        BreakGlassRules rules = rules(ImplicitPolicy.BREAK_GLASS_ONLY);

        assertThat(rules.mayDeclare(person(Role.PHYSICIAN, "Practitioner/1"))).isTrue();
        assertThat(rules.mayDeclare(person(Role.NURSE, "Practitioner/1"))).isFalse();
        assertThat(rules.mayDeclare(person(Role.PHYSICIAN, null)))
                .as("nobody by name")
                .isFalse();
        assertThat(rules.mayDeclare(Requester.custodian("https://issuer.example")))
                .isFalse();
    }

    @Test
    void settings_out_of_bounds_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> glass(Role.PHYSICIAN, Duration.ofHours(25)));
        assertThatIllegalArgumentException().isThrownBy(() -> glass(Role.PHYSICIAN, Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> glass(Role.RESEARCHER, Duration.ofHours(4)));
    }

    private static BreakGlassRules rules(ImplicitPolicy policy) {
        return new BreakGlassRules(new ConsentProperties(
                policy,
                glass(Role.PHYSICIAN, Duration.ofHours(4)),
                new ConsentProperties.Cards(Duration.ofHours(8), Duration.ofMinutes(5), 100),
                List.of(),
                List.of(),
                false));
    }

    private static ConsentProperties.BreakGlass glass(Role role, Duration duration) {
        return new ConsentProperties.BreakGlass(Set.of(role), duration);
    }

    private static Requester person(Role role, @Nullable String reference) {
        AppUser user =
                new AppUser("name", "A Name", Set.of(role), reference, null, Set.of("TREAT"), java.util.Map.of());
        return Requester.inPerson(user, "https://issuer.example", "session", NOW, "urn:strong");
    }
}
