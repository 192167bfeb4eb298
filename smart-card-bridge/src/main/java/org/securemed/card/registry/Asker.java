package org.securemed.card.registry;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import org.securemed.card.server.Caller;

/**
 * Who had a card read, or changes one, as far as that is known.
 *
 * @param user whom the access token names, a relative reference; null: there was no token, or it names nobody
 * @param workstation that sent the request; null if it did not prove itself by TLS
 * @param address from which the request came; null: there was no request, the bridge does it by itself
 */
record Asker(
        @Nullable String user,
        @Nullable String address,
        @Nullable Workstation workstation) {
    /** The bridge itself. */
    static final Asker BRIDGE = new Asker(null, null, null);

    /** Who sent this request. */
    static Asker of(HttpServletRequest request) {
        return new Asker(
                Caller.known().map(Caller::fhirUser).orElse(null),
                request.getRemoteAddr(),
                Workstation.of(request).orElse(null));
    }
}
