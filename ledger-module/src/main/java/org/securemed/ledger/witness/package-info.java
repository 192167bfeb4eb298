/**
 * Witnesses: others who look at each checkpoint of a log, cosign only what extends what they cosigned before, and so
 * make it impossible to show different readers different logs. The log's side and the witness's (C2SP tlog-witness).
 */
@NullMarked
package org.securemed.ledger.witness;

import org.jspecify.annotations.NullMarked;
