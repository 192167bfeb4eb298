package org.securemed.ledger.consent;

/** What every transition checks of the values that all of them have. */
final class TransitionHeader {
    private static final long MAX_VERSION = 1L << 52;

    private TransitionHeader() {}

    static void check(String id, String subject) {
        Texts.id(id);
        checkSubject(subject);
    }

    static void checkSubject(String subject) {
        Texts.reference(subject);
        if (!subject.startsWith("Patient/")) {
            throw new IllegalArgumentException("the subject is not a Patient");
        }
    }

    static void checkVersion(long version) {
        if (version < 1 || version > MAX_VERSION) {
            throw new IllegalArgumentException("a version is a positive number of at most 2^52");
        }
    }
}
