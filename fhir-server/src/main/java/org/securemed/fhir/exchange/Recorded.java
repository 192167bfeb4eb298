package org.securemed.fhir.exchange;

import jakarta.servlet.http.HttpServletRequest;

/** The mark on a servlet request whose answer may leave, because it is in a durable block or tells of nothing. */
public final class Recorded {
    private static final String ATTRIBUTE = Recorded.class.getName();

    private Recorded() {}

    /** Marks the request: the record of its answer is durable. */
    public static void mark(HttpServletRequest request) {
        request.setAttribute(ATTRIBUTE, Boolean.TRUE);
    }

    /** Whether the answer may leave. */
    public static boolean is(HttpServletRequest request) {
        return request.getAttribute(ATTRIBUTE) != null;
    }
}
