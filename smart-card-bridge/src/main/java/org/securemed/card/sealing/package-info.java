/** Encryption of what the bridge keeps and nobody with the database alone may read. */
@NullMarked
package org.securemed.card.sealing;

import org.jspecify.annotations.NullMarked;
