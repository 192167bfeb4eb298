package org.securemed.ledger.consent;

import java.util.Comparator;

/**
 * FHIR R4 {@code Consent.provision.data}: resources named one by one.
 *
 * @param meaning how a resource must stand to {@code reference} to be meant
 * @param reference relative literal reference
 */
public record DataReference(Meaning meaning, String reference) implements Comparable<DataReference> {
    private static final Comparator<DataReference> ORDER =
            Comparator.comparing(DataReference::reference).thenComparing(DataReference::meaning);

    /** {@code http://hl7.org/fhir/consent-data-meaning}. */
    public enum Meaning {
        /** The resource itself. */
        INSTANCE("instance"),
        /**
         * The resource itself and what belongs to it. IHE PCF uses it for "everything of this encounter", that is for
         * resources that refer to it; so does this contract.
         */
        RELATED("related"),
        /** The resource itself and the resources that refer to it. */
        DEPENDENTS("dependents"),
        /** What the referenced person or organization authored. */
        AUTHORED_BY("authoredby");

        private final String code;

        Meaning(String code) {
            this.code = code;
        }

        /** The FHIR code. */
        public String code() {
            return code;
        }

        /**
         * The meaning of a FHIR code.
         *
         * @throws IllegalArgumentException if the code is not in the value set
         */
        public static Meaning ofCode(String code) {
            for (Meaning meaning : values()) {
                if (meaning.code.equals(code)) {
                    return meaning;
                }
            }
            throw new IllegalArgumentException("not a consent-data-meaning code");
        }
    }

    public DataReference {
        Texts.reference(reference);
    }

    boolean matches(ResourceFacts facts) {
        return switch (meaning) {
            case INSTANCE -> facts.reference().equals(reference);
            case RELATED, DEPENDENTS ->
                facts.reference().equals(reference) || facts.references().contains(reference);
            case AUTHORED_BY -> facts.authors().contains(reference);
        };
    }

    @Override
    public int compareTo(DataReference other) {
        return ORDER.compare(this, other);
    }
}
