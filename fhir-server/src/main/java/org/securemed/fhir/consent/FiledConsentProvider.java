package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Consent;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.Resource;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.fhir.problem.Outcomes;

/**
 * {@code POST Consent/$fileConsent} and {@code POST Consent/$revokeConsent} of HL7 FAST Scalable Consent Management.
 *
 * @see <a href="https://hl7.org/fhir/us/consent-management/">FAST Scalable Consent Management 1.0.0</a>
 */
public final class FiledConsentProvider {
    private final FiledConsents consents;
    private final String baseUrl;

    FiledConsentProvider(FiledConsents consents, String baseUrl) {
        this.consents = consents;
        this.baseUrl = baseUrl;
    }

    /**
     * Files a Consent with its document.
     *
     * @param consent what was agreed to; ids are assigned here
     * @param document the signed form: DocumentReference or QuestionnaireResponse
     * @return that it was done; the header {@code Location} says where the Consent is
     */
    @Operation(name = "$fileConsent", typeName = "Consent")
    public OperationOutcome file(
            @OperationParam(name = "consent", min = 1, max = 1) @Nullable Consent consent,
            @OperationParam(name = "document", min = 1, max = 1) @Nullable IBaseResource document,
            ServletRequestDetails request) {
        if (consent == null || document == null) {
            throw Refusal.unprocessable("consent-document", "Send consent and document, one of each.");
        }
        String id =
                consents.file(consent, (Resource) document, Exchange.of(request).orElseThrow());
        request.getServletResponse().setHeader("Location", baseUrl + "/Consent/" + id);
        return Outcomes.information("The Consent is filed.");
    }

    /**
     * Revokes a Consent.
     *
     * @param consent which
     * @param patient whose
     * @param document what says so; a DocumentReference or QuestionnaireResponse
     * @return that it was done: from then on nothing is answered by this Consent
     */
    @Operation(name = "$revokeConsent", typeName = "Consent")
    public OperationOutcome revoke(
            @OperationParam(name = "consent", min = 1, max = 1) @Nullable Reference consent,
            @OperationParam(name = "patient", min = 1, max = 1) @Nullable Reference patient,
            @OperationParam(name = "document", min = 0, max = 1) @Nullable IBaseResource document,
            ServletRequestDetails request) {
        if (consent == null || patient == null) {
            throw Refusal.unprocessable("consent-reference", "Send consent and patient, one of each.");
        }
        consents.revoke(
                consent, patient, (Resource) document, Exchange.of(request).orElseThrow());
        return Outcomes.information("The Consent is revoked.");
    }
}
