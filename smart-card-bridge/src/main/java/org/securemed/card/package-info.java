/**
 * Cards and codes that lead to FHIR ids: a number that anyone can copy maps to nothing, a card that has proven itself
 * maps to a person.
 *
 * <p>{@code apdu} and {@code gs1} are complete in themselves, {@code server}, {@code problem} and {@code database}
 * carry the web application; of the other packages the purpose is written down.
 */
@NullMarked
package org.securemed.card;

import org.jspecify.annotations.NullMarked;
