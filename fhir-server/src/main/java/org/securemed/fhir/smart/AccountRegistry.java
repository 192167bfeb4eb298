package org.securemed.fhir.smart;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.hl7.fhir.r4.model.OperationOutcome.IssueType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.problem.Problem;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.security.crypto.password.PasswordEncoder;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Makes, changes, closes and resets people's accounts; each act with its record, in one transaction. Whatever an act
 * takes away ends at once: sessions, and access tokens with the very next request on every instance. Thread-safe.
 */
final class AccountRegistry {
    private static final SecureRandom RANDOM = new SecureRandom();
    // Without letters and digits that look alike.
    private static final String LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
    private static final int GROUPS = 5;
    private static final int MOST = 100;

    private final JdbcClient database;
    private final TransactionTemplate transactions;
    private final Accounts accounts;
    private final Authorizations authorizations;
    private final Revocations revocations;
    private final PasswordEncoder encoder;
    private final KnownPeople people;

    AccountRegistry(
            SmartStore store,
            Accounts accounts,
            Authorizations authorizations,
            Revocations revocations,
            PasswordEncoder encoder,
            KnownPeople people) {
        this.database = store.client();
        this.transactions = store.transactions();
        this.accounts = accounts;
        this.authorizations = authorizations;
        this.revocations = revocations;
        this.encoder = encoder;
        this.people = people;
    }

    /** Accounts whose name, display name or FHIR resource holds a text, by name; not all if there are many. */
    List<Account> find(String text) {
        String pattern = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
        return database
                .sql("select username from smart.account where username ilike :text or display_name ilike :text"
                        + " or fhir_user ilike :text order by username limit " + MOST)
                .param("text", pattern)
                .query(String.class)
                .list()
                .stream()
                .flatMap(name -> accounts.find(name).stream())
                .toList();
    }

    /** What is wrong with a form, each in a sentence. */
    List<String> faults(AccountForm form) {
        List<String> faults = form.faults(people);
        boolean known = accounts.find(form.username()).isPresent();
        if (faults.isEmpty() && known != form.changes()) {
            faults.add(known ? "There is an account of this name." : "There is no account of this name.");
        }
        return faults;
    }

    /**
     * Makes an account that {@link #faults} has nothing against.
     *
     * @return its first password, to be shown once and changed by the person
     */
    String create(AccountForm form, Runnable record) {
        String password = password();
        Account account = form.account(hash(password), people, true);
        transactions.executeWithoutResult(status -> {
            if (!isNew(account.username())) {
                throw Problem.of(
                        409, "account-exists", IssueType.CONFLICT, "Somebody has just made an account of this name.");
            }
            accounts.put(account, false);
            bind(account);
            temporary(account.username(), true);
            record.run();
        });
        return password;
    }

    /** Changes what an account is; the person has to sign in again. */
    void change(AccountForm form, Runnable record) {
        transactions.executeWithoutResult(status -> {
            Account before = locked(form.username());
            Account account = form.account(before.passwordHash(), people, before.enabled());
            accounts.put(account, isDemo(before.username()));
            bind(account);
            endSessions(account.username(), null);
            revocations.revoke(Revocations.Kind.SUBJECT, account.username());
            record.run();
        });
    }

    /**
     * Opens or closes an account; closed, its sessions and access tokens end, and refresh tokens count no more.
     *
     * @return whether there is such an account
     */
    boolean enable(String username, boolean enabled, Runnable record) {
        return Boolean.TRUE.equals(transactions.execute(status -> {
            int rows = database.sql("update smart.account set enabled = :enabled where username = :username")
                    .param("enabled", enabled)
                    .param("username", username)
                    .update();
            if (rows == 0) {
                return false;
            }
            if (!enabled) {
                endSessions(username, null);
                revocations.revoke(Revocations.Kind.SUBJECT, username);
            }
            record.run();
            return true;
        }));
    }

    /**
     * Begins an account anew: a new password, no passkey, no session, no app.
     *
     * @return the password, to be shown once; empty if there is no such account
     */
    Optional<String> reset(String username, Runnable record) {
        if (accounts.find(username).isEmpty()) {
            return Optional.empty();
        }
        String password = password();
        String hash = hash(password);
        transactions.executeWithoutResult(status -> {
            store(username, hash, true);
            database.sql("delete from smart.passkey_user where username = :username")
                    .param("username", username)
                    .update();
            endSessions(username, null);
            revocations.revoke(Revocations.Kind.SUBJECT, username);
            endApps(username);
            record.run();
        });
        return Optional.of(password);
    }

    /** Puts a password that the person chose; their other sessions end. */
    void choose(String username, String password, String session, Runnable record) {
        String hash = hash(password);
        transactions.executeWithoutResult(status -> {
            store(username, hash, false);
            endSessions(username, session);
            record.run();
        });
    }

    /** Whether the password is one that an administrator has seen. */
    boolean isTemporary(String username) {
        return database.sql("select password_temporary from smart.account where username = :username")
                .param("username", Accounts.normal(username))
                .query(Boolean.class)
                .optional()
                .orElse(false);
    }

    /** Takes the name, so that two who make an account of one name at once do not make the same one. */
    private boolean isNew(String username) {
        return database.sql("insert into smart.account (username, password_hash, display_name, roles, purposes_of_use)"
                                + " values (:username, '', '', '', '') on conflict do nothing")
                        .param("username", username)
                        .update()
                == 1;
    }

    private void store(String username, String hash, boolean temporary) {
        database.sql("update smart.account set password_hash = :hash where username = :username")
                .param("hash", hash)
                .param("username", username)
                .update();
        temporary(username, temporary);
    }

    private void temporary(String username, boolean temporary) {
        database.sql("update smart.account set password_temporary = :temporary where username = :username")
                .param("temporary", temporary)
                .param("username", username)
                .update();
    }

    private void bind(Account account) {
        database.sql("delete from smart.related_person where username = :username")
                .param("username", account.username())
                .update();
        account.relatedPersons()
                .forEach((patient, reference) -> accounts.relate(account.username(), patient, reference));
    }

    private Account locked(String username) {
        database.sql("select 1 from smart.account where username = :username for update")
                .param("username", username)
                .query(Integer.class)
                .optional();
        return accounts.find(username).orElseThrow(() -> new IllegalStateException("judged before"));
    }

    private boolean isDemo(String username) {
        return database.sql("select demo from smart.account where username = :username")
                .param("username", username)
                .query(Boolean.class)
                .single();
    }

    private void endSessions(String username, @Nullable String but) {
        database.sql("delete from smart.http_session where principal_name = :username" + " and session_id <> :but")
                .param("username", username)
                .param("but", but == null ? "" : but)
                .update();
    }

    private void endApps(String username) {
        List<String> ids = database.sql("select id from smart.oauth2_authorization where principal_name = :username"
                        + " and authorization_grant_type = 'authorization_code'")
                .param("username", username)
                .query(String.class)
                .list();
        for (String id : ids) {
            OAuth2Authorization authorization = authorizations.findById(id);
            if (authorization != null) {
                authorizations.remove(authorization);
            }
        }
    }

    private String hash(String password) {
        return encoder.encode(password);
    }

    private static String password() {
        StringBuilder password = new StringBuilder();
        for (int group = 0; group < GROUPS; group++) {
            password.append(group == 0 ? "" : "-");
            for (int letter = 0; letter < 4; letter++) {
                password.append(LETTERS.charAt(RANDOM.nextInt(LETTERS.length())));
            }
        }
        return password.toString();
    }
}
