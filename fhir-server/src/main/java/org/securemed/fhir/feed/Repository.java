package org.securemed.fhir.feed;

import java.io.IOException;
import java.util.List;
import org.hl7.fhir.r4.model.AuditEvent;

/** Where events go. One thread. */
interface Repository {
    /**
     * Delivers events in this order.
     *
     * @return those that it refuses, by their place, where others can go on; all others it has
     * @throws IOException if it is not known that it took them: the same are delivered again
     */
    List<Refusal> deliver(List<AuditEvent> events) throws IOException, InterruptedException;

    /**
     * An event that a repository will not have.
     *
     * @param place in the list
     * @param status what it answered, such as {@code 422}
     */
    record Refusal(int place, String status) {}
}
