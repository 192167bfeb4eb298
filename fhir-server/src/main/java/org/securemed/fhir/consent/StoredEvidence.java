package org.securemed.fhir.consent;

import java.util.Set;
import org.securemed.fhir.owner.OwnerIndex;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Evidence;

/**
 * The evidence with which a recorder writes down what a patient has consented to: a form that this server keeps, of
 * this patient and of nobody else. Anybody can name a form; what counts is one that can be shown.
 */
final class StoredEvidence {
    /** What {@code Consent.sourceReference} may refer to. */
    private static final Set<String> FORMS =
            Set.of("Consent", "DocumentReference", "Contract", "QuestionnaireResponse");

    private final OwnerIndex index;

    StoredEvidence(OwnerIndex index) {
        this.index = index;
    }

    /**
     * Refuses a recorder's document that isn't there or is somebody else's.
     *
     * @param patient logical id
     */
    void require(Author author, String patient) {
        Evidence evidence = author.evidence();
        if (author.capacity() != Author.Capacity.RECORDER || evidence.kind() != Evidence.Kind.DOCUMENT) {
            return;
        }
        String reference = evidence.reference();
        int slash = reference.indexOf('/');
        boolean stored = slash > 0
                && FORMS.contains(reference.substring(0, slash))
                && index.find(reference)
                        .filter(form -> !form.deleted() && Set.of(patient).containsAll(form.patients()))
                        .isPresent();
        if (!stored) {
            throw Refusal.unprocessable(
                    "consent-evidence",
                    "Consent.sourceReference names the signed form: a DocumentReference, QuestionnaireResponse, Contract"
                            + " or Consent that is stored here and about nobody else.");
        }
    }
}
