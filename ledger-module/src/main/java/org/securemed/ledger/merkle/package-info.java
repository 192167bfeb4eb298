/** RFC 9162 trees and proofs: pure functions over hashes. Knows nothing of entries, keys or storage. */
@NullMarked
package org.securemed.ledger.merkle;

import org.jspecify.annotations.NullMarked;
