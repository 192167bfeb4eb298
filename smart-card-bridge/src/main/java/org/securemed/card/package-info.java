/**
 * Cards and codes that lead to FHIR ids: a number that anyone can copy maps to nothing, a card that has proven itself
 * maps to a person.
 *
 * <p>A card is read by {@code reader} and {@code profile} (with {@code piv} and {@code applet}), judged by
 * {@code trust}, and known to {@code registry}.
 */
@NullMarked
package org.securemed.card;

import org.jspecify.annotations.NullMarked;
