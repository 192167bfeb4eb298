package org.securemed.fhir.smart;

/**
 * What a resource scope allows, in the order of its letters.
 *
 * @see <a
 *     href="https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources">
 *     SMART App Launch 2.2, Scopes for requesting FHIR resources</a>
 */
public enum Interaction {
    /** Type level create. */
    CREATE('c'),
    /** Instance read, vread and instance history. */
    READ('r'),
    /** Instance update and patch. */
    UPDATE('u'),
    /** Instance delete. */
    DELETE('d'),
    /** Type and system level search and history. */
    SEARCH('s');

    private final char letter;

    Interaction(char letter) {
        this.letter = letter;
    }

    /** The letter of this interaction in a version 2 scope. */
    public char letter() {
        return letter;
    }
}
