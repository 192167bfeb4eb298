package org.securemed.fhir.smart;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps what people grant to apps as consents: an app's authorization is one. */
public interface AppConsents {
    /**
     * An app, as people know it.
     *
     * @param clientId as registered
     * @param name as shown to people
     * @param publisher who answers for it, null if that is not known
     */
    record App(String clientId, String name, @Nullable String publisher) {}

    /**
     * What was granted.
     *
     * @param authorization id of the authorization, claim {@code sid} of its tokens
     * @param person who granted it
     * @param patient logical id of the Patient whose record is opened, null if none is in context
     * @param scopes exactly what the tokens will hold
     * @param sensitiveTopics codes of {@link SensitiveTopic} that the person switched on
     * @param until when it ends by itself, null for never
     */
    record Granted(
            String authorization,
            App app,
            AppUser user,
            Requester person,
            @Nullable String patient,
            ScopeSet scopes,
            Set<SensitiveTopic> sensitiveTopics,
            @Nullable Instant until) {
        public Granted {
            sensitiveTopics = Set.copyOf(sensitiveTopics);
        }
    }

    /**
     * A consent that has been written.
     *
     * @param id logical id of the FHIR Consent
     * @param patient logical id of the Patient whose consent it is
     */
    record Written(String id, String patient) {}

    /**
     * Makes what a consent about this app refers to. Called outside of a transaction, before {@link #granted}.
     *
     * @param user who is about to grant something
     */
    void prepare(App app, AppUser user);

    /**
     * Writes the consent, in the transaction that stores the authorization; an exception undoes both. What the person
     * granted this app before about this record is replaced.
     *
     * @return the consent; empty if what was granted is nobody's consent, but a delegation of the person's own rights
     */
    Optional<Written> granted(Granted granted);

    /**
     * Ends a consent whose authorization has ended otherwise, in the same transaction.
     *
     * @param person who has ended it; null if nobody did in person, as when the app gave it back
     */
    void ended(Written consent, @Nullable Requester person);

    /** The zero-based index of the ledger's entry that says that this was granted; empty if it is not there. */
    Optional<Long> position(Written consent);

    /** For a server that keeps no consents. */
    AppConsents NONE = new AppConsents() {
        @Override
        public void prepare(App app, AppUser user) {
            // Nothing is written.
        }

        @Override
        public Optional<Written> granted(Granted granted) {
            return Optional.empty();
        }

        @Override
        public void ended(Written consent, @Nullable Requester person) {
            // Nothing was written.
        }

        @Override
        public Optional<Long> position(Written consent) {
            return Optional.empty();
        }
    };
}
