/**
 * The consent contract: what a patient has granted, refused and taken back, and what follows from it.
 *
 * <p>A pure, deterministic state machine. It knows no clock, no database and no FHIR class: time, actors and evidence
 * are in the {@linkplain org.securemed.ledger.consent.Transition transitions}, and the same transitions lead every JVM
 * to the same {@linkplain org.securemed.ledger.consent.ConsentState state}, byte for byte. The server decides with it,
 * the verifier replays it.
 *
 * <p>Semantics: FHIR R4 {@code Consent.provision} as IHE PCF reads it ({@code provision.type} is literal, nested
 * provisions refine their parent), with the combining rules of {@link org.securemed.ledger.consent.ConsentContract}.
 */
@NullMarked
package org.securemed.ledger.consent;

import org.jspecify.annotations.NullMarked;
