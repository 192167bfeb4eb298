package org.securemed.fhir.exchange;

import jakarta.validation.constraints.NotNull;
import java.net.URI;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the FHIR endpoint.
 *
 * @param baseUrl absolute URL of the FHIR endpoint as clients see it, without a trailing slash; it appears in links,
 *     and tokens must name it as their audience
 * @param maxBody the largest request body, unpacked if it came packed; more is answered 413
 */
@Validated
@ConfigurationProperties("securemed.fhir")
public record FhirServerProperties(
        @NotNull URI baseUrl, @DefaultValue("16MB") @NotNull DataSize maxBody) {}
