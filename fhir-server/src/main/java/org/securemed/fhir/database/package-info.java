/** PostgreSQL: the schemas of our own tables, and a server of our own for development. */
@NullMarked
package org.securemed.fhir.database;

import org.jspecify.annotations.NullMarked;
