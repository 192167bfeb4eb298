/** Hostile bytes for everything that reads what strangers send. */
@NullMarked
package org.securemed.ledger.fuzz;

import org.jspecify.annotations.NullMarked;
