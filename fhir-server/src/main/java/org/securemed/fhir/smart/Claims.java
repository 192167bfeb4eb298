package org.securemed.fhir.smart;

/**
 * Names of the claims of an access token.
 *
 * @see <a href="https://profiles.ihe.net/ITI/IUA/index.html#3714222-jwt-access-token-option">IHE IUA, JWT access
 *     token</a>
 */
final class Claims {
    static final String CLIENT_ID = "client_id";
    static final String SCOPE = "scope";
    static final String FHIR_USER = "fhirUser";
    static final String PATIENT = "patient";
    static final String ENCOUNTER = "encounter";
    static final String AUTH_TIME = "auth_time";
    static final String ACR = "acr";
    /** The authorization a token belongs to: what is revoked together. */
    static final String AUTHORIZATION = "sid";

    static final String EXTENSIONS = "extensions";
    static final String IHE_IUA = "ihe_iua";
    static final String SUBJECT_NAME = "subject_name";
    static final String SUBJECT_ORGANIZATION = "subject_organization";
    static final String SUBJECT_ORGANIZATION_ID = "subject_organization_id";
    static final String SUBJECT_ROLE = "subject_role";
    static final String PURPOSE_OF_USE = "purpose_of_use";

    /** What the patient's consents add, IHE PCF's updates to ITI-71. */
    static final String IHE_PCF = "ihe_pcf";

    static final String PATIENT_ID = "patient_id";
    static final String DOC_ID = "doc_id";

    /** What this server adds. */
    static final String SECUREMED = "securemed";

    /** The card with which the person logged in, {@code Device/…}. */
    static final String DEVICE = "device";

    /** The research study that the client works for, {@code ResearchStudy/…}. */
    static final String STUDY = "study";

    static final String ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
    /** {@code typ} of an access token, RFC 9068 section 2.1: an ID token cannot be used for one. */
    static final String ACCESS_TOKEN_TYPE = "at+jwt";

    private Claims() {}
}
