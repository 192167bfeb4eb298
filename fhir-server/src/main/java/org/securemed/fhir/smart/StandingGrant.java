package org.securemed.fhir.smart;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What lets somebody see something while they are not asking: that a machine is registered, or that a person let an app
 * act for them in their absence ({@code offline_access}).
 *
 * @param clientId the machine or app
 * @param authorization id of the app's authorization; null for a machine
 * @param username the person's account; null for a machine
 * @param scopes of the token with which it was made, as an upper bound
 * @param patient of the launch
 * @param encounter of the launch
 * @param consent id of the FHIR Consent that the app acts by
 * @param since when it was made: what ends later ends it
 */
public record StandingGrant(
        String clientId,
        @Nullable String authorization,
        @Nullable String username,
        String scopes,
        @Nullable String patient,
        @Nullable String encounter,
        @Nullable String consent,
        Instant since) {}
