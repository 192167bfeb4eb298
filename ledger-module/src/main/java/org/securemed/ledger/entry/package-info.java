/** What is logged: one entry is one canonical JSON object (RFC 8785). Knows nothing of trees, keys or storage. */
@NullMarked
package org.securemed.ledger.entry;

import org.jspecify.annotations.NullMarked;
