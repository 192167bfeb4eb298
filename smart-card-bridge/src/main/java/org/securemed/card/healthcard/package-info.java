/**
 * SMART Health Cards: signed facts that verify without a connection.
 *
 * @see <a href="https://spec.smarthealth.cards/">SMART Health Cards Framework</a>
 */
@NullMarked
package org.securemed.card.healthcard;

import org.jspecify.annotations.NullMarked;
