package org.securemed.fhir.consent;

import jakarta.validation.constraints.NotNull;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.securemed.fhir.smart.Role;
import org.securemed.ledger.consent.ConsentContract;
import org.securemed.ledger.consent.ImplicitPolicy;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.core.io.Resource;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the consent gate, keys {@code securemed.consent.*}.
 *
 * @param implicitPolicy what holds where no Consent applies: one of the four policies of IHE PCF 1:53.2.1
 * @param breakGlass who may declare an emergency, and for how long
 * @param cards what patients sign by card
 * @param labelLists files with further codes that make a resource sensitive
 * @param redactions elements that a purpose of use doesn't need, like {@code HPAYMT:Patient.telecom}
 * @param adopt whether the start finds the owners of resources that were stored without this gate
 */
@Validated
@ConfigurationProperties("securemed.consent")
public record ConsentProperties(
        @DefaultValue("deny") @NotNull ImplicitPolicy implicitPolicy,
        @DefaultValue @NotNull BreakGlass breakGlass,
        @DefaultValue @NotNull Cards cards,
        @DefaultValue List<Resource> labelLists,
        @DefaultValue List<String> redactions,
        @DefaultValue("false") boolean adopt) {
    public ConsentProperties {
        labelLists = List.copyOf(labelLists);
        redactions = List.copyOf(redactions);
    }

    /**
     * Times of what a patient's card signs.
     *
     * @param presence how long a patient who is here lets a clinician in, at most 24 hours
     * @param signature how long after it was made out something can be signed, at most 15 minutes
     * @param requestsPerHour how many patients one clinician may ask in an hour, 1 to 10000
     */
    public record Cards(
            @DefaultValue("8h") Duration presence,
            @DefaultValue("5m") Duration signature,
            @DefaultValue("100") int requestsPerHour) {
        public Cards {
            if (requestsPerHour < 1 || requestsPerHour > 10_000) {
                throw new IllegalArgumentException("securemed.consent.cards.requests-per-hour is 1 to 10000");
            }
            within("presence", presence, Duration.ofHours(24));
            within("signature", signature, Duration.ofMinutes(15));
        }

        private static void within(String key, Duration value, Duration most) {
            if (value.isNegative() || value.isZero() || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        "securemed.consent.cards.%s is more than 0 and at most %s".formatted(key, most));
            }
        }
    }

    /**
     * Conditions of breaking the glass.
     *
     * @param roles who may
     * @param duration how long it opens a record, at most 24 hours
     */
    public record BreakGlass(
            @DefaultValue("physician") Set<Role> roles,
            @DefaultValue("4h") Duration duration) {
        private static final Set<Role> CLINICIANS = Set.of(Role.PHYSICIAN, Role.NURSE);

        public BreakGlass {
            roles = Set.copyOf(roles);
            if (!CLINICIANS.containsAll(roles)) {
                throw new IllegalArgumentException("securemed.consent.break-glass.roles are of physician and nurse");
            }
            if (duration.isNegative() || duration.isZero() || duration.compareTo(ConsentContract.MAX_BREAK_GLASS) > 0) {
                throw new IllegalArgumentException(
                        "securemed.consent.break-glass.duration is more than 0 and at most 24h");
            }
        }
    }
}
