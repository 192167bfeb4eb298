package org.securemed.ledger.consent;

/**
 * Who makes a transition, in which capacity, and how that is known.
 *
 * @param capacity in which capacity
 * @param reference relative literal reference of the person or system
 * @param evidence how it is known
 */
public record Author(Capacity capacity, String reference, Evidence evidence) {
    /** In which capacity somebody changes a patient's consents. */
    public enum Capacity {
        /** The patient. */
        PATIENT("patient"),
        /** Somebody appointed to act for the patient: parent, guardian, proxy. */
        REPRESENTATIVE("representative"),
        /** Staff who records what the patient said or signed; needs a named document. */
        RECORDER("recorder"),
        /** A user who declares break-glass for themselves. */
        USER("user"),
        /** The custodian's own system, for what time alone decides. */
        CUSTODIAN("custodian");

        private final String code;

        Capacity(String code) {
            this.code = code;
        }

        /** The code in canonical bytes. */
        public String code() {
            return code;
        }

        static Capacity ofCode(String code) {
            for (Capacity capacity : values()) {
                if (capacity.code.equals(code)) {
                    return capacity;
                }
            }
            throw new IllegalArgumentException("unknown capacity");
        }
    }

    public Author {
        Texts.reference(reference);
    }

    /** The patient, in an authenticated session. */
    public static Author patient(String reference, String session) {
        return new Author(Capacity.PATIENT, reference, Evidence.session(session));
    }

    /** A representative, in an authenticated session. */
    public static Author representative(String reference, String session) {
        return new Author(Capacity.REPRESENTATIVE, reference, Evidence.session(session));
    }

    /** A recorder with a stored document. */
    public static Author recorder(String reference, String document) {
        return new Author(Capacity.RECORDER, reference, Evidence.document(document));
    }

    /** A user who declares break-glass, in an authenticated session. */
    public static Author user(String reference, String session) {
        return new Author(Capacity.USER, reference, Evidence.session(session));
    }

    /** The custodian's system. */
    public static Author custodian(String reference, String job) {
        return new Author(Capacity.CUSTODIAN, reference, Evidence.session(job));
    }
}
