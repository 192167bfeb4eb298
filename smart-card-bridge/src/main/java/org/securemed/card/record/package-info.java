/**
 * A patient's record as the FHIR server gives it to whoever asks the bridge: always with the caller's own access token,
 * so that scopes, roles and consent decide as if the caller had asked the FHIR server.
 */
@NullMarked
package org.securemed.card.record;

import org.jspecify.annotations.NullMarked;
