/** PostgreSQL: the schema of the bridge's tables, and a server of its own for development. */
@NullMarked
package org.securemed.card.database;

import org.jspecify.annotations.NullMarked;
