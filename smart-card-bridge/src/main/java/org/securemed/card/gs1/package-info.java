/**
 * GS1 element strings: the application identifiers and values in the bar codes of medicines, devices and wristbands.
 *
 * <p>Pure values, no I/O. What a code says is a claim of whoever printed it: it selects a record or a product and
 * proves nothing.
 *
 * @see <a href="https://ref.gs1.org/standards/genspecs/">GS1 General Specifications, section 3</a>
 */
@NullMarked
package org.securemed.card.gs1;

import org.jspecify.annotations.NullMarked;
