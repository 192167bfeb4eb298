package org.securemed.fhir.consent;

import java.util.List;

/**
 * The gate, as HAPI runs it.
 *
 * @param inOrder HAPI interceptors in the order of registration
 */
public record GateInterceptors(List<Object> inOrder) {
    public GateInterceptors {
        inOrder = List.copyOf(inOrder);
    }
}
