/**
 * FHIR in, consent contract out: Consents become transitions, resources become the facts a decision looks at. Pure;
 * what can't be enforced is refused here with a reason, never ignored.
 */
@NullMarked
package org.securemed.fhir.consent.translate;

import org.jspecify.annotations.NullMarked;
