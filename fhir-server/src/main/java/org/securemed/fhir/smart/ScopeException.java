package org.securemed.fhir.smart;

/** Text that is no scope, or a scope that this server does not know. The message never repeats the text. */
public final class ScopeException extends Exception {
    private static final long serialVersionUID = 1L;

    ScopeException(String message) {
        super(message, null, false, false);
    }
}
