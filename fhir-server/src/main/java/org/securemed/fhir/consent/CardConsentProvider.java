package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.servlet.ServletRequestDetails;
import java.util.Date;
import java.util.Optional;
import java.util.regex.Pattern;
import org.hl7.fhir.r4.model.Base64BinaryType;
import org.hl7.fhir.r4.model.BooleanType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.InstantType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Patient;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.consent.Transition;

/**
 * Consents that a patient signs, by card or with a key of their own. {@code POST Patient/[id]/$request-access}: a
 * clinician asks a patient who is here to be let in. {@code POST Consent/[id]/$to-sign}: a patient asks what has to be
 * signed for a Consent of theirs. {@code POST Consent/[id]/$sign}: the signature; from then on the Consent is in force,
 * or over.
 */
public final class CardConsentProvider {
    private static final Pattern CARD = Pattern.compile("Device/([A-Za-z0-9.-]{1,64})");
    private static final int LARGEST = 64 * 1024;

    private final CardConsents consents;
    private final KeyConsents keys;

    CardConsentProvider(CardConsents consents, KeyConsents keys) {
        this.consents = consents;
        this.keys = keys;
    }

    /**
     * Asks the patient. By itself it opens nothing: the patient finds a proposed Consent in their record. The answer is
     * the same whether or not there is such a patient.
     *
     * @param card {@code Device/…} of the patient's card that is to sign; absent: the patient answers some other time
     * @return {@code consent}, {@code until}, and {@code transition} for the card
     */
    @Operation(name = "$request-access", typeName = "Patient")
    public Parameters requestAccess(
            @IdParam IdType patient,
            @OperationParam(name = "card", min = 0, max = 1) @Nullable Reference card,
            RequestDetails request) {
        CardConsents.Asked asked = consents.ask(
                patient.getIdPart(), card(card), Exchange.of(request).orElseThrow());
        return answer(asked);
    }

    /**
     * Asks whoever it is of whom this is known, as {@code $match} takes it: if it is exactly one patient of this
     * server, they find a proposed Consent in their record. The answer is the same for nobody, and for many.
     *
     * @param resource identifiers, or family name and birth date
     * @return {@code consent} and {@code until}
     */
    @Operation(name = "$request-access", typeName = "Patient")
    public Parameters requestAccess(
            @OperationParam(name = "resource", min = 1, max = 1) @Nullable Patient resource, RequestDetails request) {
        return answer(consents.ask(
                resource == null ? new Patient() : resource,
                Exchange.of(request).orElseThrow()));
    }

    private static Parameters answer(CardConsents.Asked asked) {
        Parameters answer = new Parameters();
        answer.addParameter().setName("consent").setValue(new Reference("Consent/" + asked.consent()));
        answer.addParameter().setName("until").setValue(new InstantType(Date.from(asked.until())));
        asked.transition().ifPresent(transition -> add(answer, transition));
        return answer;
    }

    /**
     * What has to be signed.
     *
     * @param card {@code Device/…} of the patient's card; or
     * @param key id of a key of the requester's own
     * @param end whether the Consent is to end; otherwise it is to be in force
     * @return {@code transition}
     */
    @Operation(name = "$to-sign", typeName = "Consent")
    public Parameters toSign(
            @IdParam IdType consent,
            @OperationParam(name = "card", min = 0, max = 1) @Nullable Reference card,
            @OperationParam(name = "key", min = 0, max = 1) @Nullable StringType key,
            @OperationParam(name = "end", min = 0, max = 1) @Nullable BooleanType end,
            RequestDetails request) {
        if ((card == null) == (key == null)) {
            throw malformed();
        }
        boolean ends = end != null && end.booleanValue();
        Exchange exchange = Exchange.of(request).orElseThrow();
        Parameters answer = new Parameters();
        add(
                answer,
                key == null
                        ? consents.toSign(
                                consent.getIdPart(),
                                card(card).orElseThrow(CardConsentProvider::malformed),
                                ends,
                                exchange)
                        : keys.toSign(consent.getIdPart(), String.valueOf(key.getValue()), ends, exchange));
        return answer;
    }

    /**
     * Brings the signature.
     *
     * @param transition exactly the bytes that were signed
     * @param signature by the card's key, ECDSA with SHA-256 in DER form, over {@code securemed/consent-transition/v1},
     *     a line feed, and the transition
     * @param statement of the smart card bridge, which has judged the card
     * @param jws instead of these two: a detached JWS with the transition as its payload, by a key of the requester's
     *     own
     * @return {@code consent}
     */
    @Operation(name = "$sign", typeName = "Consent")
    public Parameters sign(
            @IdParam IdType consent,
            @OperationParam(name = "transition", min = 1, max = 1) @Nullable Base64BinaryType transition,
            @OperationParam(name = "signature", min = 0, max = 1) @Nullable Base64BinaryType signature,
            @OperationParam(name = "statement", min = 0, max = 1) @Nullable StringType statement,
            @OperationParam(name = "jws", min = 0, max = 1) @Nullable StringType jws,
            ServletRequestDetails request) {
        Exchange exchange = Exchange.of(request).orElseThrow();
        if (jws != null && jws.getValue() != null && signature == null && statement == null) {
            keys.sign(consent.getIdPart(), bytes(transition), jws.getValue(), exchange, request.getServletRequest());
        } else if (jws == null && statement != null && statement.getValue() != null) {
            consents.sign(
                    consent.getIdPart(),
                    bytes(transition),
                    bytes(signature),
                    statement.getValue(),
                    exchange,
                    request.getServletRequest());
        } else {
            throw malformed();
        }
        Parameters answer = new Parameters();
        answer.addParameter().setName("consent").setValue(new Reference("Consent/" + consent.getIdPart()));
        return answer;
    }

    private static Optional<String> card(@Nullable Reference card) {
        if (card == null) {
            return Optional.empty();
        }
        var matcher = CARD.matcher(card.getReference() == null ? "" : card.getReference());
        if (!matcher.matches()) {
            throw malformed();
        }
        return Optional.of(matcher.group(1));
    }

    private static byte[] bytes(@Nullable Base64BinaryType value) {
        byte[] bytes = value == null ? null : value.getValue();
        if (bytes == null || bytes.length == 0 || bytes.length > LARGEST) {
            throw malformed();
        }
        return bytes;
    }

    private static void add(Parameters answer, Transition transition) {
        answer.addParameter().setName("transition").setValue(new Base64BinaryType(transition.canonicalBytes()));
    }

    private static RuntimeException malformed() {
        return Refusal.unprocessable("card-parameters", "Send the parameters that this operation has.");
    }
}
