/**
 * Where the log, the consent states and the patients' keys lie: JDBC on PostgreSQL. The SQL is here and nowhere else.
 */
@NullMarked
package org.securemed.ledger.storage;

import org.jspecify.annotations.NullMarked;
