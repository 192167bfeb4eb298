package org.securemed.fhir.consent;

/** Why a signature of a transition does not count: a code for the record, never told to who brought it. */
final class SignatureRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    final String code;

    SignatureRefusedException(String code) {
        super(code);
        this.code = code;
    }
}
