/** Signed tree heads as C2SP signed notes, and the keys that sign them. */
@NullMarked
package org.securemed.ledger.checkpoint;

import org.jspecify.annotations.NullMarked;
