/** JDBC adapters of the ledger's ports; PostgreSQL. */
@NullMarked
package org.securemed.ledger.storage;

import org.jspecify.annotations.NullMarked;
