/**
 * Codes that say who somebody is at a desk. A check-in code is fresh, for one reading, at one organization; a wristband
 * is printed once and says what anybody can print: it selects a record and never authorises anything.
 */
@NullMarked
package org.securemed.card.checkin;

import org.jspecify.annotations.NullMarked;
