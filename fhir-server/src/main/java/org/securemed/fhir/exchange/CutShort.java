package org.securemed.fhir.exchange;

import jakarta.servlet.http.HttpServletRequest;

/**
 * The mark on a servlet request whose answer has begun and can't be finished: the connection must end, or the client
 * would take it for complete.
 */
public final class CutShort {
    private static final String ATTRIBUTE = CutShort.class.getName();

    private CutShort() {}

    /** Marks the request. */
    public static void mark(HttpServletRequest request) {
        request.setAttribute(ATTRIBUTE, Boolean.TRUE);
    }

    /** Whether the connection must end. */
    public static boolean is(HttpServletRequest request) {
        return request.getAttribute(ATTRIBUTE) != null;
    }
}
