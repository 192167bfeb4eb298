/**
 * The bridge as a machine client of the FHIR server: SMART Backend Services, by a key of its own.
 *
 * @see <a href="https://hl7.org/fhir/smart-app-launch/backend-services.html">SMART App Launch 2.2, Backend Services</a>
 */
@NullMarked
package org.securemed.card.backend;

import org.jspecify.annotations.NullMarked;
