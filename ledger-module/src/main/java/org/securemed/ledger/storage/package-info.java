/** JDBC adapters of the log's storage port. */
@NullMarked
package org.securemed.ledger.storage;

import org.jspecify.annotations.NullMarked;
