package org.securemed.ledger.consent;

/**
 * What a decision rests on.
 *
 * @param rule the step of the decision that settled it
 * @param id Consent id, break-glass id, representative reference or policy URI; empty for the patient's own access
 * @param version version of that Consent; 0 where the rule has no versions
 */
public record Basis(Rule rule, String id, long version) {
    /** The steps of a decision, in their order. */
    public enum Rule {
        /** The patient asks for their own data. */
        SELF,
        /** An appointed representative asks in the patient's place. */
        REPRESENTATIVE,
        /** Break-glass was declared and is in force. */
        BREAK_GLASS,
        /** A Consent of the patient. */
        CONSENT,
        /** No Consent applies. */
        IMPLICIT_POLICY
    }
}
