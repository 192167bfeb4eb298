package org.securemed.fhir.smart;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.io.Serializable;
import org.springframework.security.core.AuthenticatedPrincipal;

/**
 * A person who has logged in. Kept in sessions and, as JSON, with authorizations; everything else about the person is
 * read from the account when it is needed.
 *
 * @param username lower case
 * @param epochSecond when
 * @param acr how strongly
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
@JsonIgnoreProperties(ignoreUnknown = true)
record SignedIn(
        @JsonProperty("username") String username,
        @JsonProperty("epochSecond") long epochSecond,
        @JsonProperty("acr") String acr)
        implements AuthenticatedPrincipal, Serializable {
    private static final long serialVersionUID = 1L;

    @JsonCreator
    SignedIn {}

    @Override
    public String getName() {
        return username;
    }
}
