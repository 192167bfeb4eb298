package org.securemed.fhir.audit;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the recorder, keys {@code securemed.audit.*}. Nothing about a patient can be left out.
 *
 * @param metadata whether reading the CapabilityStatement is recorded; load balancers ask for it all day
 */
@ConfigurationProperties("securemed.audit")
public record AuditProperties(@DefaultValue("true") boolean metadata) {}
