package org.securemed.fhir.audit;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an entry says that could identify somebody; it is in the ledger only under the patient's key.
 *
 * @param patient relative reference of the patient
 * @param user relative reference of the person who asked
 * @param name their display name
 * @param organizations for whom they acted
 * @param organizationName name of the first of these
 * @param client client id of the app
 * @param tokenId {@code jti} of the access token
 * @param issuer who issued the token
 * @param subject {@code sub} of the token
 * @param device the card with which they logged in, or that is spoken of, {@code Device/…}
 * @param address network address of the client
 * @param method HTTP method
 * @param query path and query of the request below the FHIR base, as it was sent
 * @param resources versioned references of what was read or written; never of what a search found
 * @param requestId X-Request-ID
 * @param basis what the decision rests on
 * @param note what happened in a few words, where op and status don't say it
 * @param content an AuditEvent that another system sent or somebody reported, as packed JSON in base64
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
record EntryDetail(
        @Nullable String patient,
        @Nullable String user,
        @Nullable String name,
        @Nullable List<String> organizations,
        @Nullable String organizationName,
        @Nullable String client,
        @Nullable String tokenId,
        @Nullable String issuer,
        @Nullable String subject,
        @Nullable String device,
        @Nullable String address,
        @Nullable String method,
        @Nullable String query,
        @Nullable List<String> resources,
        @Nullable String requestId,
        @Nullable String basis,
        @Nullable String note,
        @Nullable String content) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    byte[] toJson() {
        try {
            return JSON.writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a detail of strings can be written", e);
        }
    }

    /** @throws IOException if the bytes are not a detail */
    static EntryDetail parse(byte[] json) throws IOException {
        return JSON.readValue(json, EntryDetail.class);
    }
}
