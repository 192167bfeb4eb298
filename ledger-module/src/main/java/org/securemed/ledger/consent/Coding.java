package org.securemed.ledger.consent;

import java.util.Comparator;
import java.util.Optional;

/**
 * FHIR {@code Coding}, reduced to what is compared.
 *
 * @param system code system URI, at most 512 characters; empty if the code has none
 * @param code the code, 1 to 256 characters
 */
public record Coding(String system, String code) implements Comparable<Coding> {
    private static final Comparator<Coding> ORDER =
            Comparator.comparing(Coding::system).thenComparing(Coding::code);

    public Coding {
        Texts.system(system);
        Texts.code(code);
    }

    /** The coding, if it has a form that a coding may have; what has none equals nothing that a provision names. */
    public static Optional<Coding> ifValid(String system, String code) {
        return Texts.isSystem(system) && Texts.isCode(code) ? Optional.of(new Coding(system, code)) : Optional.empty();
    }

    @Override
    public int compareTo(Coding other) {
        return ORDER.compare(this, other);
    }

    /** {@code system|code}, the FHIR token form. */
    @Override
    public String toString() {
        return system + "|" + code;
    }
}
