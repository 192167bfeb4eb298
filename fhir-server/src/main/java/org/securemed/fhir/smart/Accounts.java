package org.securemed.fhir.smart;

import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetails;
import org.springframework.security.core.userdetails.UsernameNotFoundException;

/** The accounts in the database. Thread-safe. */
final class Accounts {
    private static final int LONGEST_NAME = 200;

    private final JdbcClient database;

    Accounts(JdbcClient database) {
        this.database = database;
    }

    /** How a name typed at log-in is looked up. */
    static String normal(String username) {
        return username.strip().toLowerCase(Locale.ROOT);
    }

    Optional<Account> find(String username) {
        if (username.length() > LONGEST_NAME || username.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        return database.sql("select * from smart.account where username = :username")
                .param("username", normal(username))
                .query((row, number) -> new Account(
                        row.getString("username"),
                        row.getString("password_hash"),
                        row.getString("display_name"),
                        words(row.getString("roles")).stream()
                                .map(code -> Role.of("", code).orElseThrow())
                                .collect(Collectors.toUnmodifiableSet()),
                        row.getString("fhir_user"),
                        row.getString("organization"),
                        row.getString("organization_name"),
                        words(row.getString("purposes_of_use")),
                        relatedPersons(row.getString("username")),
                        row.getBoolean("enabled")))
                .optional();
    }

    private Map<String, String> relatedPersons(String username) {
        Map<String, String> references = new HashMap<>();
        database.sql("select patient, reference from smart.related_person where username = :username")
                .param("username", username)
                .query(row -> {
                    references.put(row.getString(1), row.getString(2));
                });
        return references;
    }

    /**
     * Says as whom a person acts for a patient; it opens nothing until the patient's contract says that they may.
     *
     * @param patient logical id of the Patient
     * @param reference {@code RelatedPerson/x}
     */
    void relate(String username, String patient, String reference) {
        database.sql("insert into smart.related_person (username, patient, reference)"
                        + " values (:username, :patient, :reference) on conflict (username, patient)"
                        + " do update set reference = excluded.reference")
                .param("username", normal(username))
                .param("patient", patient)
                .param("reference", reference)
                .update();
    }

    /** The account of whom another issuer vouches for. */
    Optional<Account> linked(String issuer, String subject) {
        if (issuer.length() > LONGEST_NAME || subject.length() > LONGEST_NAME || subject.indexOf('\0') >= 0) {
            return Optional.empty();
        }
        return database.sql("select username from smart.foreign_subject where issuer = :issuer and subject = :subject")
                .param("issuer", issuer)
                .param("subject", subject)
                .query(String.class)
                .optional()
                .flatMap(this::find);
    }

    /** The account of a person, if the person has exactly one; {@code fhirUser} is a relative reference. */
    Optional<Account> ofPerson(String fhirUser) {
        java.util.List<String> names = database.sql(
                        "select username from smart.account where fhir_user = :user limit 2")
                .param("user", fhirUser)
                .query(String.class)
                .list();
        return names.size() == 1 ? find(names.get(0)) : Optional.empty();
    }

    /** Says who here is whom another issuer vouches for. */
    void link(String issuer, String subject, String username) {
        database.sql("insert into smart.foreign_subject (issuer, subject, username)"
                        + " values (:issuer, :subject, :username) on conflict (issuer, subject)"
                        + " do update set username = excluded.username")
                .param("issuer", issuer)
                .param("subject", subject)
                .param("username", normal(username))
                .update();
    }

    /** Adds an account, or makes the one of this name the same as it. */
    void put(Account account, boolean demo) {
        database.sql("insert into smart.account (username, password_hash, display_name, roles, fhir_user, organization,"
                        + " organization_name, purposes_of_use, enabled, demo)"
                        + " values (:username, :hash, :name, :roles, :user, :organization, :organizationName,"
                        + " :purposes, :enabled, :demo)"
                        + " on conflict (username) do update set password_hash = excluded.password_hash,"
                        + " display_name = excluded.display_name, roles = excluded.roles,"
                        + " fhir_user = excluded.fhir_user, organization = excluded.organization,"
                        + " organization_name = excluded.organization_name,"
                        + " purposes_of_use = excluded.purposes_of_use, enabled = excluded.enabled,"
                        + " demo = excluded.demo")
                .param("username", normal(account.username()))
                .param("hash", account.passwordHash())
                .param("name", account.displayName())
                .param("roles", spaced(account.roles().stream().map(Role::code).toList()))
                .param("user", account.fhirUser())
                .param("organization", account.organization())
                .param("organizationName", account.organizationName())
                .param("purposes", spaced(account.purposesOfUse()))
                .param("enabled", account.enabled())
                .param("demo", demo)
                .update();
    }

    boolean anyDemo() {
        return database.sql("select exists (select 1 from smart.account where demo)"
                        + " or exists (select 1 from smart.oauth2_registered_client where demo)")
                .query(Boolean.class)
                .single();
    }

    /**
     * What Spring needs to check a password.
     *
     * @throws UsernameNotFoundException if there is no such account
     */
    UserDetails userDetails(String username) {
        Account account = find(username).orElseThrow(() -> new UsernameNotFoundException("no such account"));
        return User.withUsername(account.username())
                .password(account.passwordHash())
                .authorities(account.roles().stream()
                        .map(role -> "ROLE_" + role.name())
                        .toArray(String[]::new))
                .disabled(!account.enabled())
                .build();
    }

    private static Set<String> words(String text) {
        return Arrays.stream(text.split(" ")).filter(word -> !word.isEmpty()).collect(Collectors.toUnmodifiableSet());
    }

    private static String spaced(Collection<String> words) {
        return words.stream().sorted().collect(Collectors.joining(" "));
    }
}
