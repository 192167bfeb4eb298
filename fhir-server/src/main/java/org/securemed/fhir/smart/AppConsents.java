package org.securemed.fhir.smart;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Told of what people grant to apps: an app's authorization is a consent. Called in the transaction that stores the
 * authorization; an exception undoes both.
 */
public interface AppConsents {
    /**
     * What was granted.
     *
     * @param authorization id of the authorization, claim {@code sid} of its tokens
     * @param patient logical id of the Patient whose record is opened, null if none is in context
     * @param scopes exactly what the tokens will hold
     * @param sensitiveTopics codes of {@link SensitiveTopic} that the person switched on
     * @param until when it ends by itself, null for never
     */
    record Granted(
            String authorization,
            String clientId,
            String clientName,
            AppUser user,
            @Nullable String patient,
            ScopeSet scopes,
            Set<SensitiveTopic> sensitiveTopics,
            @Nullable Instant until) {
        public Granted {
            sensitiveTopics = Set.copyOf(sensitiveTopics);
        }
    }

    /** A person has granted something to an app. */
    void granted(Granted granted);

    /** An authorization has ended: revoked, refused after misuse, or removed. May be told of ones never granted. */
    void ended(String authorization);

    /** For a server that keeps no consents. */
    AppConsents NONE = new AppConsents() {
        @Override
        public void granted(Granted granted) {
            // Nobody to tell.
        }

        @Override
        public void ended(String authorization) {
            // Nobody to tell.
        }
    };
}
