/** {@code identify}: who is this card, asked from a command line. */
@NullMarked
package org.securemed.card.identify;

import org.jspecify.annotations.NullMarked;
