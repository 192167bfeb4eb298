/** What the log lets go: retention entries, what they cover, and legal holds. Knows no store. */
@NullMarked
package org.securemed.ledger.retention;

import org.jspecify.annotations.NullMarked;
