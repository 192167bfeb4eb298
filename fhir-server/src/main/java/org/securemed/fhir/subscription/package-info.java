/**
 * Subscriptions (R4, rest-hook). What is written is noted in the same transaction; whom it is told is decided when it
 * is sent, for the subscriber as they are then, and recorded before.
 *
 * @see <a href="https://hl7.org/fhir/R4/subscription.html">FHIR R4, Subscription</a>
 */
@NullMarked
package org.securemed.fhir.subscription;

import org.jspecify.annotations.NullMarked;
