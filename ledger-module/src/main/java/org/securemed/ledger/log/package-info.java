/** The log: append is a group commit under the head lock; reads and proofs; the port that storage implements. */
@NullMarked
package org.securemed.ledger.log;

import org.jspecify.annotations.NullMarked;
