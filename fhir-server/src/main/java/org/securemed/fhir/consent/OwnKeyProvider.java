package org.securemed.fhir.consent;

import ca.uhn.fhir.rest.annotation.IdParam;
import ca.uhn.fhir.rest.annotation.Operation;
import ca.uhn.fhir.rest.annotation.OperationParam;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import java.util.List;
import org.hl7.fhir.r4.model.CodeType;
import org.hl7.fhir.r4.model.IdType;
import org.hl7.fhir.r4.model.Parameters;
import org.hl7.fhir.r4.model.Reference;
import org.hl7.fhir.r4.model.StringType;
import org.jspecify.annotations.Nullable;
import org.securemed.fhir.exchange.Exchange;
import org.securemed.ledger.consent.RegisteredKey;

/**
 * The keys with which a patient, or who acts for them, signs consents: {@code POST Patient/[id]/$register-key},
 * {@code POST Patient/[id]/$revoke-key}, {@code GET Patient/[id]/$signing-keys}. Each sees their own keys only.
 */
public final class OwnKeyProvider {
    private final OwnKeys keys;

    OwnKeyProvider(OwnKeys keys) {
        this.keys = keys;
    }

    /**
     * Registers a key; needs a strong and recent log-in.
     *
     * @param jwk the public key, a JWK as text: EC on P-256, or OKP on Ed25519
     * @return {@code key}: its id, which a JWS says as {@code kid}
     */
    @Operation(name = "$register-key", typeName = "Patient")
    public Parameters register(
            @IdParam IdType patient,
            @OperationParam(name = "jwk", min = 1, max = 1) @Nullable StringType jwk,
            RequestDetails request) {
        return answer(List.of(keys.register(
                patient.getIdPart(), text(jwk), Exchange.of(request).orElseThrow())));
    }

    /**
     * Ends a key.
     *
     * @param key its id
     * @return nothing
     */
    @Operation(name = "$revoke-key", typeName = "Patient")
    public Parameters revoke(
            @IdParam IdType patient,
            @OperationParam(name = "key", min = 1, max = 1) @Nullable StringType key,
            RequestDetails request) {
        keys.revoke(patient.getIdPart(), text(key), Exchange.of(request).orElseThrow());
        return new Parameters();
    }

    /** The requester's own keys: {@code key} with its {@code algorithm} and {@code owner}. */
    @Operation(name = "$signing-keys", typeName = "Patient", idempotent = true)
    public Parameters list(@IdParam IdType patient, RequestDetails request) {
        return answer(keys.of(patient.getIdPart(), Exchange.of(request).orElseThrow()));
    }

    private static Parameters answer(List<RegisteredKey> keys) {
        Parameters answer = new Parameters();
        for (RegisteredKey key : keys) {
            answer.addParameter().setName("key").setValue(new StringType(key.keyId()));
            answer.addParameter()
                    .setName("algorithm")
                    .setValue(new CodeType(key.algorithm().code()));
            answer.addParameter().setName("owner").setValue(new Reference(key.owner()));
        }
        return answer;
    }

    private static String text(@Nullable StringType value) {
        if (value == null || value.getValue() == null) {
            throw Refusal.unprocessable("signing-key", "Send the parameters that this operation has.");
        }
        return value.getValue();
    }
}
