package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * A person who has logged in. Kept in sessions and, as JSON, with authorizations; everything else about the person is
 * read from the account when it is needed.
 *
 * @param username lower case
 * @param epochSecond when
 * @param acr how strongly
 * @param device with which card, {@code Device/…}; null if with none
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
@JsonIgnoreProperties(ignoreUnknown = true)
record SignedIn(
        @JsonProperty("username") String username,
        @JsonProperty("epochSecond") long epochSecond,
        @JsonProperty("acr") String acr,
        @JsonProperty("device") @Nullable String device)
        implements AuthenticatedPrincipal, Serializable {
    private static final long serialVersionUID = 1L;

    @JsonCreator
    SignedIn {}

    SignedIn(String username, long epochSecond, String acr) {
        this(username, epochSecond, acr, null);
    }

    @Override
    public String getName() {
        return username;
    }
}
