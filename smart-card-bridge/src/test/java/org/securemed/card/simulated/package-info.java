/** Cards made of software, their issuer, and what attackers make of them. */
@NullMarked
package org.securemed.card.simulated;

import org.jspecify.annotations.NullMarked;
