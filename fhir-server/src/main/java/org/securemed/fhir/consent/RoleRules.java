package org.securemed.fhir.consent;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.securemed.fhir.owner.SharedTypes;
import org.securemed.fhir.smart.Interaction;
import org.securemed.fhir.smart.Role;

/**
 * What each role may do at all, whatever the data: the upper bound under which consent decides. The table is printed in
 * {@code docs/roles.md}.
 */
final class RoleRules {
    private static final Set<Interaction> LOOK = Set.of(Interaction.READ, Interaction.SEARCH);
    private static final Set<Interaction> RECORD = Set.of(Interaction.CREATE, Interaction.UPDATE);
    private static final Set<Interaction> CHANGE = Set.of(Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE);

    /** Nobody but the custodian's own systems writes these; whoever has a role may tell of an AuditEvent. */
    private static final Set<String> ADMINISTRATIVE =
            Set.of("Patient", "Person", "Consent", "AuditEvent", "Subscription");

    private static final Set<String> NURSING = Set.of(
            "AllergyIntolerance",
            "CarePlan",
            "CareTeam",
            "Communication",
            "Condition",
            "Encounter",
            "Flag",
            "Goal",
            "Immunization",
            "MedicationAdministration",
            "NutritionOrder",
            "Observation",
            "Procedure",
            "QuestionnaireResponse",
            "Task");

    /** Whom consents may open anything to; each has to do with their own Subscriptions only. */
    private static final Set<Role> SUBSCRIBERS =
            Set.of(Role.SYSTEM, Role.PHYSICIAN, Role.NURSE, Role.PATIENT, Role.REPRESENTATIVE);

    private static final Map<Role, Rule> RULES = Map.of(
            Role.SYSTEM, (type, interaction) -> !type.equals("AuditEvent") || LOOK.contains(interaction),
            Role.ADMINISTRATOR,
                    (type, interaction) ->
                            SharedTypes.contains(type) || LOOK.contains(interaction) && !type.equals("AuditEvent"),
            Role.PHYSICIAN,
                    (type, interaction) -> LOOK.contains(interaction) && !type.equals("AuditEvent")
                            || CHANGE.contains(interaction) && isClinical(type),
            Role.NURSE,
                    (type, interaction) -> LOOK.contains(interaction) && !type.equals("AuditEvent")
                            || RECORD.contains(interaction) && NURSING.contains(type),
            Role.PATIENT,
                    (type, interaction) ->
                            LOOK.contains(interaction) || CHANGE.contains(interaction) && type.equals("Consent"),
            Role.REPRESENTATIVE,
                    (type, interaction) ->
                            LOOK.contains(interaction) || CHANGE.contains(interaction) && type.equals("Consent"),
            Role.RESEARCHER, (type, interaction) -> LOOK.contains(interaction) && !type.equals("AuditEvent"),
            Role.COMPLIANCE,
                    (type, interaction) ->
                            LOOK.contains(interaction) && (SharedTypes.contains(type) || type.equals("AuditEvent")));

    private RoleRules() {}

    /** Whether any of {@code roles} may do {@code interaction} on {@code type}; without a role nothing is allowed. */
    static boolean allow(Collection<Role> roles, String type, Interaction interaction) {
        if (type.equals("AuditEvent") && interaction == Interaction.CREATE) {
            return !roles.isEmpty();
        }
        if (type.equals("Subscription")) {
            return roles.stream().anyMatch(SUBSCRIBERS::contains) && interaction != Interaction.UPDATE;
        }
        return roles.stream().map(RULES::get).anyMatch(rule -> rule != null && rule.allows(type, interaction));
    }

    private static boolean isClinical(String type) {
        return !SharedTypes.contains(type) && !ADMINISTRATIVE.contains(type);
    }

    private interface Rule {
        boolean allows(String type, Interaction interaction);
    }
}
