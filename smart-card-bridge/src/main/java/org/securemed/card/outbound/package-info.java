/** Requests that the bridge sends: what others answer is read up to a size and within a time. Knows no content. */
@NullMarked
package org.securemed.card.outbound;

import org.jspecify.annotations.NullMarked;
