/** The operator's command for the log's keys. */
@NullMarked
package org.securemed.ledger.keys;

import org.jspecify.annotations.NullMarked;
