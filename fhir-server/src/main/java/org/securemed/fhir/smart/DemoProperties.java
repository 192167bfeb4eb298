package org.securemed.fhir.smart;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The demo, keys {@code securemed.demo.*}. Refused under the profile {@code production}.
 *
 * @param enabled whether the demo's accounts and clients exist
 * @param tokenLifetime of ready-made tokens
 */
@ConfigurationProperties("securemed.demo")
public record DemoProperties(
        @DefaultValue("false") boolean enabled,
        @DefaultValue("12h") Duration tokenLifetime) {}
