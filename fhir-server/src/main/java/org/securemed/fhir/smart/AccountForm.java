package org.securemed.fhir.smart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator types about a person's account, and whether it may be so. Public, because forms bind to public
 * classes only.
 *
 * @param username lower case
 * @param displayName as patients see it
 * @param roles codes of {@link Role}
 * @param fhirUser relative reference of the person's Patient, Practitioner or RelatedPerson; may be empty
 * @param related further RelatedPersons as whom the person acts, separated by white space
 * @param organization relative reference; may be empty
 * @param organizationName as patients see it; may be empty
 * @param existing {@code yes} if an account is changed, else one is made
 */
public record AccountForm(
        String username,
        String displayName,
        List<String> roles,
        String fhirUser,
        String related,
        String organization,
        String organizationName,
        String existing) {
    private static final Pattern USERNAME = Pattern.compile("[a-z0-9][a-z0-9._@-]{1,63}");
    private static final Pattern REFERENCE = Pattern.compile("[A-Za-z]{1,40}/[A-Za-z0-9.-]{1,64}");
    private static final int LONGEST_NAME = 100;
    private static final int LONGEST_LIST = 2000;
    private static final int MOST = 20;

    /** What a person may be; machines are clients. */
    static final List<Role> ROLES =
            Arrays.stream(Role.values()).filter(role -> role != Role.SYSTEM).toList();

    /** For what purpose a role asks, where the app says nothing: v3-ActReason. */
    private static final Map<Role, String> PURPOSES = Map.of(
            Role.PHYSICIAN, "TREAT",
            Role.NURSE, "TREAT",
            Role.PATIENT, "PATRQT",
            Role.REPRESENTATIVE, "PATRQT",
            Role.ADMINISTRATOR, "HOPERAT",
            Role.COMPLIANCE, "HCOMPL",
            Role.RESEARCHER, "HRESCH");

    /** As which type of resource a role acts. */
    private static final Map<Role, String> TYPES = Map.of(
            Role.PHYSICIAN, "Practitioner",
            Role.NURSE, "Practitioner",
            Role.PATIENT, "Patient",
            Role.REPRESENTATIVE, "RelatedPerson");

    public AccountForm {
        username = Accounts.normal(text(username));
        displayName = text(displayName);
        roles = roles == null ? List.of() : List.copyOf(roles);
        fhirUser = text(fhirUser);
        related = text(related);
        organization = text(organization);
        organizationName = text(organizationName);
        existing = text(existing);
    }

    private static String text(@Nullable String typed) {
        return typed == null ? "" : typed.strip();
    }

    /** A form in which nothing was typed. */
    static AccountForm empty() {
        return new AccountForm("", "", List.of(), "", "", "", "", "");
    }

    /** The form of an account as it is. */
    static AccountForm of(Account account) {
        Set<String> others = new TreeSet<>(account.relatedPersons().values());
        others.remove(account.fhirUser());
        return new AccountForm(
                account.username(),
                account.displayName(),
                account.roles().stream().map(Role::code).sorted().toList(),
                account.fhirUser() == null ? "" : account.fhirUser(),
                String.join("\n", others),
                account.organization() == null ? "" : account.organization(),
                account.organizationName() == null ? "" : account.organizationName(),
                "yes");
    }

    public boolean changes() {
        return existing.equals("yes");
    }

    /** The roles that were chosen, as far as people may have them. */
    Set<Role> roleSet() {
        Set<Role> chosen = new TreeSet<>();
        for (Role role : ROLES) {
            if (roles.contains(role.code())) {
                chosen.add(role);
            }
        }
        return chosen;
    }

    private List<String> relatedPersons() {
        List<String> all = new ArrayList<>(Arrays.stream(related.split("\\s+"))
                .filter(word -> !word.isEmpty())
                .toList());
        if (fhirUser.startsWith("RelatedPerson/")) {
            all.add(0, fhirUser);
        }
        return all;
    }

    /**
     * What is wrong with it, each in a sentence; empty if it may be so.
     *
     * @param people what there is to bind to
     */
    List<String> faults(KnownPeople people) {
        List<String> faults = new ArrayList<>();
        if (!USERNAME.matcher(username).matches()) {
            faults.add("A name to sign in with has 2 to 64 characters: a to z, digits, and . _ @ -");
        }
        if (displayName.isEmpty() || !isPlain(displayName) || !isPlain(organizationName)) {
            faults.add("Say how patients will see the person, in at most " + LONGEST_NAME + " characters.");
        }
        Set<Role> chosen = roleSet();
        if (chosen.isEmpty() || chosen.size() != Set.copyOf(roles).size()) {
            faults.add("Choose at least one role.");
        }
        faults.addAll(bindingFaults(chosen, people));
        if (!organization.isEmpty() && (!organization.startsWith("Organization/") || !isThere(organization, people))) {
            faults.add("There is no such Organization here.");
        }
        return faults;
    }

    private List<String> bindingFaults(Set<Role> chosen, KnownPeople people) {
        List<String> faults = new ArrayList<>();
        for (Role role : chosen) {
            String type = TYPES.get(role);
            if (type != null
                    && !fhirUser.startsWith(type + "/")
                    && !(role == Role.REPRESENTATIVE && !related.isEmpty())) {
                faults.add("Whoever is a " + role.code() + " is bound to a " + type + ".");
            }
        }
        if (!fhirUser.isEmpty()
                && (!TYPES.containsValue(fhirUser.replaceFirst("/.*", "")) || !isThere(fhirUser, people))) {
            faults.add("There is no such Patient, Practitioner or RelatedPerson here.");
        }
        if (related.length() > LONGEST_LIST || relatedPersons().size() > MOST) {
            faults.add("At most " + MOST + " RelatedPersons.");
        } else if (faults.isEmpty() && relations(people).isEmpty()) {
            faults.add("Each RelatedPerson is here and belongs to one patient, and no two to the same.");
        }
        return faults;
    }

    /**
     * As whom the person acts for whom: RelatedPersons by logical id of the Patient; empty if one is not there, belongs
     * to nobody or to several, or two belong to the same patient.
     */
    Optional<Map<String, String>> relations(KnownPeople people) {
        Map<String, String> relations = new LinkedHashMap<>();
        for (String reference : relatedPersons()) {
            Set<String> patients = reference.startsWith("RelatedPerson/")
                            && REFERENCE.matcher(reference).matches()
                    ? people.patientsOf(reference).orElse(Set.of())
                    : Set.of();
            if (patients.size() != 1 || relations.put(patients.iterator().next(), reference) != null) {
                return Optional.empty();
            }
        }
        return Optional.of(relations);
    }

    /** The account that this says. */
    Account account(String passwordHash, KnownPeople people, boolean enabled) {
        Set<String> purposes = new TreeSet<>();
        roleSet().forEach(role -> purposes.add(PURPOSES.get(role)));
        return new Account(
                username,
                passwordHash,
                displayName,
                roleSet(),
                fhirUser.isEmpty() ? null : fhirUser,
                organization.isEmpty() ? null : organization,
                organizationName.isEmpty() ? null : organizationName,
                purposes,
                relations(people).orElseThrow(),
                enabled);
    }

    private static boolean isPlain(String text) {
        return text.length() <= LONGEST_NAME && text.chars().noneMatch(Character::isISOControl);
    }

    private static boolean isThere(String reference, KnownPeople people) {
        return REFERENCE.matcher(reference).matches()
                && people.patientsOf(reference).isPresent();
    }
}
