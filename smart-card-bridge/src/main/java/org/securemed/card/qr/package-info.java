/**
 * Two-dimensional codes: drawing them, reading them from pictures, and the short-lived check-in code.
 *
 * <p>A static code is a claim that selects a record and never authorises anything.
 */
@NullMarked
package org.securemed.card.qr;

import org.jspecify.annotations.NullMarked;
