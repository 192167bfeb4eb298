package org.securemed.fhir.crash;

import java.util.List;

/**
 * An answer that a client has received in full.
 *
 * @param requestId the client's X-Request-ID
 * @param op the code of the entry that must be in the ledger
 * @param status HTTP status
 * @param written {@code Type/id/_history/version} of what the answer says is stored; empty for a read
 */
record Acknowledged(String requestId, String op, int status, List<String> written) {
    Acknowledged {
        written = List.copyOf(written);
    }
}
